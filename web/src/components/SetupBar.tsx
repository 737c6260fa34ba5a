// Tells an admin that Meta sends us the webhooks of a number that nobody reads here: messages that are kept, and not shown.
import type { ServiceState } from "@/types/wire";

export function SetupBar({ numbers }: { numbers: ServiceState["foreignNumbers"] }) {
  const first = numbers?.[0];
  const more = (numbers?.length ?? 0) - 1;
  return (
    <div className={first ? "connbar is-setup" : "connbar"} role="status" data-testid="setup-bar">
      {first && (
        <span>
          <b>
            Webhooks of another number arrive here: {first.displayPhoneNumber ? `${first.displayPhoneNumber} (id ${first.phoneNumberId})` : `id ${first.phoneNumberId}`}
            {more > 0 && ` and ${more} more`}
          </b>{" "}
          <span className="why">
            · they are kept but not shown. If it is the number of this inbox, correct WHATSAPP_PHONE_NUMBER_ID, run <code>tickwire webhooks replay</code> and start again; if not, remove its webhook
            subscription in Meta&rsquo;s settings.
          </span>
        </span>
      )}
    </div>
  );
}
