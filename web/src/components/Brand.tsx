export function Logo() {
  return (
    <svg className="logo" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="var(--marigold)" />
      <path d="M7 14.25l4.25 4.25 8-9M16 16.9l1.6 1.6 7.9-9" fill="none" stroke="var(--on-marigold)" strokeWidth="2.5" strokeLinecap="round" strokeLinejoin="round" />
      <path d="M0 23.75h32" stroke="var(--on-marigold)" strokeWidth="2.5" />
    </svg>
  );
}
