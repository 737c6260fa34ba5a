// Two soft tones for a message that came while nobody looked; made here, so that nothing is loaded. Of several windows one plays.
import { browserStorage } from "@/lib/browserStorage";

let context: AudioContext | null = null;

export function playTones(): void {
  try {
    context ??= new AudioContext();
    if (context.state === "suspended") void context.resume();
    const start = context.currentTime;
    for (const [frequency, at] of [
      [660, 0],
      [880, 0.09],
    ] as const) {
      const tone = context.createOscillator();
      const volume = context.createGain();
      tone.frequency.value = frequency;
      volume.gain.setValueAtTime(0, start + at);
      volume.gain.linearRampToValueAtTime(0.12, start + at + 0.01);
      volume.gain.exponentialRampToValueAtTime(0.001, start + at + 0.22);
      tone.connect(volume).connect(context.destination);
      tone.start(start + at);
      tone.stop(start + at + 0.25);
    }
  } catch {
    // the browser allows no sound yet
  }
}

const quietFor = 1000; // ms: what comes at once sounds once
let played = 0;

// Whether this window is the one to play for the message with this seq; it is then spoken for.
export function claimSound(seq: number, storage = browserStorage, now = Date.now()): boolean {
  if (now - played < quietFor || Number(storage.getItem("tickwire.sounded") ?? 0) >= seq) return false;
  played = now;
  try {
    storage.setItem("tickwire.sounded", String(seq));
  } catch {
    // every window plays then
  }
  return true;
}

export function playArrival(seq: number): void {
  const play = () => void (claimSound(seq) && playTones());
  // Windows ask at the same moment: one after the other, where the browser can.
  if (navigator.locks) void navigator.locks.request("tickwire.sound", async () => play());
  else play();
}
