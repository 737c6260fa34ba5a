// Two soft tones for a message that came while nobody looked; made here, so that nothing is loaded.
let context: AudioContext | null = null;

export function playArrival(): void {
  try {
    context ??= new AudioContext();
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
