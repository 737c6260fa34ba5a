// People are told apart by shape first: customers round, groups square, teammates small.
import { initials, personClass } from "@/lib/format";

export function Avatar({ id, name, size = "", group = false, online = false }: { id: string; name: string; size?: string; group?: boolean; online?: boolean }) {
  return (
    <span className={`av ${personClass(id)} ${size} ${group ? "g" : ""}`} aria-hidden="true">
      {initials(name)}
      {online && <span className="on" />}
    </span>
  );
}
