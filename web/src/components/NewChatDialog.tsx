import { useEffect, useRef, useState, type FormEvent } from "react";
import { openChat } from "@/api/messages";
import type { Chat } from "@/types/wire";

export function NewChatDialog({ onClose, onChat }: { onClose: () => void; onChat: (chat: Chat) => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [phone, setPhone] = useState("");
  const [name, setName] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  useEffect(() => dialog.current?.showModal(), []);

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    const answer = await openChat(phone, name);
    setBusy(false);
    if (answer.ok) onChat(answer.value);
    else setProblem(answer.detail);
  }

  return (
    <dialog className="sheet" ref={dialog} onClose={onClose} onClick={(event) => event.target === dialog.current && dialog.current?.close()} aria-labelledby="new-chat">
      <form onSubmit={submit}>
        <h2 id="new-chat">New chat</h2>
        <div className="field">
          <label htmlFor="new-phone">Phone number</label>
          <input className="input" id="new-phone" type="tel" autoComplete="off" placeholder="+49 170 1234567" required value={phone} aria-invalid={problem !== null}
            aria-describedby={problem ? "new-phone-problem" : undefined}
            onChange={(event) => {
              setProblem(null);
              setPhone(event.target.value);
            }}
          />
          {problem && (
            <p className="err" role="alert" id="new-phone-problem">
              {problem}
            </p>
          )}
          <p className="hint">With country code. The person need not have written before.</p>
        </div>
        <div className="field">
          <label htmlFor="new-name">Name (optional)</label>
          <input className="input" id="new-name" autoComplete="off" maxLength={128} value={name} onChange={(event) => setName(event.target.value)} />
        </div>
        <div className="sheet-acts">
          <button className="btn soft" type="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
          <button className="btn primary" type="submit" disabled={busy || !phone.trim()}>
            Open chat
          </button>
        </div>
      </form>
    </dialog>
  );
}
