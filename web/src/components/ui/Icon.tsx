// Drawn here; one stroke width, one size by class.
import type { ReactElement } from "react";

const shapes = {
  alert: (<><circle cx="12" cy="12" r="8"/><path d="M12 7.75v5"/><circle className="f" cx="12" cy="15.9" r="1.1"/></>),
  compose: (<><path d="M19.25 13.5v4.25a2.25 2.25 0 0 1-2.25 2.25H6.25A2.25 2.25 0 0 1 4 17.75V7a2.25 2.25 0 0 1 2.25-2.25h4.25"/><path d="m9.75 14.25.6-3L17.7 3.9a1.7 1.7 0 0 1 2.4 2.4l-7.35 7.35z"/></>),
  down: (<><path d="M12 5v13.5M6.25 12.75 12 18.5l5.75-5.75"/></>),
  info: (<><circle cx="12" cy="12" r="8"/><path d="M12 11.25v4.5"/><circle className="f" cx="12" cy="8.1" r="1.1"/></>),
  left: (<><path d="M19 12H5.5M11.25 6.25 5.5 12l5.75 5.75"/></>),
  moon: (<><path d="M19.5 14.25A8 8 0 0 1 9.75 4.5a8 8 0 1 0 9.75 9.75z"/></>),
  panel: (<><rect x="3.5" y="5" width="17" height="14" rx="2.5"/><path d="M14.75 5v14"/></>),
  reply: (<><path d="M9.5 6.25 4.75 11l4.75 4.75M5 11h8.75a5.5 5.5 0 0 1 5.5 5.5v1.25"/></>),
  retry: (<><path d="M18.75 12.5a6.75 6.75 0 1 1-1.9-5.2L19 9.5"/><path d="M19.25 5v4.6h-4.6"/></>),
  search: (<><circle cx="10.5" cy="10.5" r="6.25"/><path d="M15.25 15.25 20 20"/></>),
  send: (<><path d="M12 19V5.25M6 11.25l6-6 6 6"/></>),
  unsure: (<><circle cx="12" cy="12" r="8" strokeDasharray="3.2 3.1"/><path d="M9.9 10.1a2.15 2.15 0 1 1 3.1 1.95c-.65.35-1 .75-1 1.5"/><circle className="f" cx="12" cy="15.9" r="1.05"/></>),
  x: (<><path d="m6.5 6.5 11 11M17.5 6.5l-11 11"/></>),
  eye: (<><path d="M3 12c2-3.8 5-5.75 9-5.75S19 8.2 21 12c-2 3.8-5 5.75-9 5.75S5 15.8 3 12z"/><circle cx="12" cy="12" r="2.6"/></>),
  phone: (<><rect x="7" y="3.5" width="10" height="17" rx="2.5"/><path d="M11 17.75h2"/></>),
  photo: (<><rect x="3.5" y="5" width="17" height="14" rx="2.5"/><circle cx="8.75" cy="9.9" r="1.5"/><path d="m4 17 4.5-3.9 3.2 2.6 4.1-4.6 4.4 4.9"/></>),
  mic: (<><rect x="9" y="3.75" width="6" height="10.25" rx="3"/><path d="M5.75 11.5a6.25 6.25 0 0 0 12.5 0M12 17.75v2.75"/></>),
  attach: (<><path d="M16.25 8.25v8a4.25 4.25 0 0 1-8.5 0V7a2.9 2.9 0 0 1 5.8 0v9a1.5 1.5 0 0 1-3 0V8.5"/></>),
  pin: (<><path d="M8.75 4h6.5l-.75 6 3 3.25v1.25h-11v-1.25l3-3.25z"/><path d="M12 14.5V20"/></>),
  mute: (<><path d="M6.75 16.25V11a5.25 5.25 0 0 1 8.7-3.95M17.25 11.25v2.5M5 16.25h11.25M10.25 19.25a2 2 0 0 0 3.5 0M4.5 4.5l15 15"/></>),
  play: (<><path className="f" d="M8.5 5.6v12.8a.7.7 0 0 0 1.07.6l10-6.4a.7.7 0 0 0 0-1.2l-10-6.4a.7.7 0 0 0-1.07.6z"/></>),
  copy: (<><rect x="8.75" y="8.75" width="11" height="11.25" rx="2"/><path d="M15.25 8.5V6a2 2 0 0 0-2-2H6.25a2 2 0 0 0-2 2v7.75a2 2 0 0 0 2 2H8.5"/></>),
  trash: (<><path d="M5 7h14M9.5 7V5.5a1 1 0 0 1 1-1h3a1 1 0 0 1 1 1V7M6.75 7l.8 11a2 2 0 0 0 2 1.9h4.9a2 2 0 0 0 2-1.9l.8-11"/></>),
  check: (<><path d="m5 12.5 4.75 4.75L19 7"/></>),
  sound: (<><path d="M4.5 10v4h3l4.5 3.75V6.25L7.5 10z"/><path d="M15.5 9.25a4 4 0 0 1 0 5.5M18 6.75a7.5 7.5 0 0 1 0 10.5"/></>),
  out: (<><path d="M13.5 5H7a2 2 0 0 0-2 2v10a2 2 0 0 0 2 2h6.5M10.5 12h9.5M16.5 8.25 20.25 12l-3.75 3.75"/></>),
  doc: (<><path d="M7 3.75h6.5L18 8.25v12H7z"/><path d="M13.25 4v4.5h4.5"/></>),
  place: (<><path d="M12 20.5s6.25-5.6 6.25-10.25a6.25 6.25 0 0 0-12.5 0C5.75 14.9 12 20.5 12 20.5z"/><circle cx="12" cy="10.25" r="2.25"/></>),
} satisfies Record<string, ReactElement>;

export type IconName = keyof typeof shapes;

export function Icon({ name, small = false }: { name: IconName; small?: boolean }) {
  return (
    <svg className={small ? "i s" : "i"} viewBox="0 0 24 24" aria-hidden="true">
      {shapes[name]}
    </svg>
  );
}
