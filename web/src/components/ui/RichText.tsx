import { Fragment, memo } from "react";
import { richText, type Piece } from "@/lib/richText";

const tags = { bold: "strong", italic: "em", strike: "s" } as const;

function Pieces({ pieces }: { pieces: Piece[] }) {
  return pieces.map((piece, at) => {
    switch (piece.kind) {
      case "text":
        return <Fragment key={at}>{piece.text}</Fragment>;
      case "code":
        return <code key={at}>{piece.text}</code>;
      case "link":
        return (
          <a key={at} href={piece.href} target="_blank" rel="noreferrer noopener">
            {piece.text}
          </a>
        );
      default: {
        const Tag = tags[piece.kind];
        return (
          <Tag key={at}>
            <Pieces pieces={piece.pieces} />
          </Tag>
        );
      }
    }
  });
}

export const RichText = memo(function RichText({ text }: { text: string }) {
  return <Pieces pieces={richText(text)} />;
});
