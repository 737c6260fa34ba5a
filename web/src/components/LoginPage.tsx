import { useRef, useState, type FormEvent } from "react";
import { logIn, setUp } from "@/api/messages";
import { Avatar } from "@/components/ui/Avatar";
import { Icon } from "@/components/ui/Icon";
import { ThemeButton } from "@/components/ThemeButton";
import type { Info, User } from "@/types/wire";

// Logging in; with a setup token, making the first administrator.
interface Props {
  info: Info | null;
  setupToken: string | null;
  notice: string | null; // why one is here again
  onUser: (user: User) => void;
}

export function LoginPage({ info, setupToken, notice, onUser }: Props) {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [shown, setShown] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const passwordField = useRef<HTMLInputElement>(null);
  const demo = setupToken ? undefined : info?.demonstration;

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    const answer = setupToken ? await setUp(setupToken, name, password) : await logIn(name, password);
    setBusy(false);
    if (answer.ok) return onUser(answer.value);
    setProblem(answer.detail);
    passwordField.current?.select();
  }
  // What is said of the last try does not fit what is being typed.
  const change = (set: (value: string) => void) => (value: string) => {
    setProblem(null);
    set(value);
  };

  return (
    <div className="login">
      <div className="wirehead">
        <svg viewBox="0 0 52 36" aria-hidden="true">
          <path d="M9 17.5 18 26.5 36 6.5M28.5 23.8l2.7 2.7L49 6.5" />
        </svg>
      </div>
      <main>
        <div>
          <h1>{setupToken ? "Make the first administrator" : "Log in to Tickwire"}</h1>
          <p>{info ? [info.business.name, info.business.phoneNumber].filter(Boolean).join(" · ") : "\u00a0"}</p>
        </div>
        {demo && (
          <div className="demo">
            <Icon name="phone" />
            <b>Demonstration: nothing leaves this machine</b>
            <p>WhatsApp is simulated. Choose who you are, then log in.</p>
            <div className="alts">
              {demo.logins.map((login) => (
                <button
                  key={login.username}
                  className="btn small soft"
                  type="button"
                  onClick={() => {
                    setProblem(null);
                    setName(login.username);
                    setPassword(login.password);
                  }}
                >
                  <Avatar id={login.username} name={login.username} size="x20" />
                  {login.username}
                </button>
              ))}
              <a className="btn small line" href={demo.simulatorUrl} target="_blank" rel="noreferrer">
                Customer’s phone
              </a>
            </div>
          </div>
        )}
        {notice && (
          <p className="login-notice" role="status">
            <Icon name="info" small />
            {notice}
          </p>
        )}
        <form onSubmit={submit} data-testid="login-form">
          <div className="field">
            <label htmlFor="user">Username</label>
            <input className="input" id="user" name="username" autoComplete="username" autoCapitalize="none" spellCheck={false} autoFocus required aria-invalid={problem !== null} value={name} onChange={(event) => change(setName)(event.target.value)} />
          </div>
          <div className="field">
            <label htmlFor="pw">Password</label>
            <div className="pw">
              <input
                className="input"
                id="pw"
                name="password"
                ref={passwordField}
                aria-invalid={problem !== null}
                type={shown ? "text" : "password"}
                autoComplete={setupToken ? "new-password" : "current-password"}
                required
                minLength={setupToken ? 8 : undefined}
                value={password}
                onChange={(event) => change(setPassword)(event.target.value)}
              />
              <button className="ib" type="button" aria-pressed={shown} aria-label="Show what I type" title={shown ? "Hide what I type" : "Show what I type"} onClick={() => setShown(!shown)}>
                <Icon name="eye" />
              </button>
            </div>
            {setupToken && <p className="hint">At least 8 characters; a few words are easier to remember than a puzzle.</p>}
          </div>
          {problem && (
            <p className="err login-err" role="alert">
              <Icon name="alert" small />
              {problem}
            </p>
          )}
          <button className="btn primary wide" type="submit" disabled={busy}>
            {busy ? "One moment…" : setupToken ? "Make the account" : "Log in"}
          </button>
        </form>
      </main>
      <footer>
        <span>Tickwire {info?.version ?? ""}</span>
        <span aria-hidden="true">·</span>
        <span>Forgotten? Ask your administrator</span>
        <ThemeButton small />
      </footer>
    </div>
  );
}
