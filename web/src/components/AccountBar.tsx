// The foot of the list: how fresh the page is, who is logged in, and what belongs to this person.
import type { Freshness } from "@/components/ConnectionBar";
import { ThemeButton } from "@/components/ThemeButton";
import { Avatar } from "@/components/ui/Avatar";
import { Icon } from "@/components/ui/Icon";
import { playTones } from "@/lib/sound";
import type { Info, User } from "@/types/wire";

interface Props {
  me: User;
  info: Info | null;
  freshness: Freshness;
  connecting: boolean;
  sound: boolean;
  onSound: (on: boolean) => void;
  problem: string | null; // why logging out did not work
  onLeave: () => void;
}

export function AccountBar({ me, info, freshness, connecting, sound, onSound, problem, onLeave }: Props) {
  const fresh = (freshness === "live" || freshness === "back") && !connecting;
  const word = connecting ? "Connecting" : freshness === "offline" ? "Offline" : fresh ? "Live" : "Reconnecting";
  return (
    <>
      {info?.demonstration && (
        <p className="demo-line">
          <Icon name="phone" small />
          <span>
            Demonstration, WhatsApp is simulated.{" "}
            <a href={info.demonstration.simulatorUrl} target="_blank" rel="noreferrer">
              Customer’s phone
            </a>
          </span>
        </p>
      )}
      {problem && (
        <p className="demo-line" role="alert">
          <Icon name="alert" small />
          <span>{problem}</span>
        </p>
      )}
      <footer className="list-foot" role="group" aria-label="Connection and account">
        <span className={freshness === "offline" ? "live off" : fresh ? "live ok" : "live re"} data-testid="connection" data-state={fresh ? "live" : freshness === "offline" ? "offline" : "reconnecting"}>
          <svg className="wire" viewBox="0 0 28 14" aria-hidden="true">
            <path d={fresh ? "M6.5 7h15" : "M7.5 7h14"} className={fresh || freshness === "offline" ? undefined : "run"} />
            <circle className="f" cx="3.5" cy="7" r="3" />
            <circle className={fresh ? "f" : undefined} cx="24.5" cy="7" r={fresh ? 3 : 2.25} />
          </svg>
          <span>{word}</span>
        </span>
        <span className="spacer" />
        <button
          className="ib"
          type="button"
          aria-pressed={sound}
          aria-label="Sound"
          title={sound ? "Sound is on" : "Sound is off"}
          onClick={() => {
            onSound(!sound);
            if (!sound) playTones();
          }}
        >
          <Icon name={sound ? "sound" : "mute"} />
        </button>
        <ThemeButton />
        <button className="ib" type="button" aria-label="Log out" title={`Log out ${me.name}`} onClick={onLeave}>
          <Icon name="out" />
        </button>
        <span className="me" title={me.name}>
          <Avatar id={me.id} name={me.name} size="x28" online={fresh} />
          <span className="sr">Logged in as {me.name}</span>
        </span>
      </footer>
    </>
  );
}
