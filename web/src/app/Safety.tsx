// The last resort: a mistake of ours while drawing leaves a sentence and a way on, never an empty page. Drafts and what waits
// to be sent are in the browser's storage and survive the reload.
import { Component, type ReactNode } from "react";

export class Safety extends Component<{ children: ReactNode }, { broken: boolean }> {
  override state = { broken: false };
  static getDerivedStateFromError = () => ({ broken: true });

  override render() {
    if (!this.state.broken) return this.props.children;
    return (
      <main className="trouble" role="alert">
        <h1>This page has made a mistake</h1>
        <p>Nothing is lost: what you wrote and what waits to be sent is kept.</p>
        <p>
          <button className="btn primary" type="button" onClick={() => location.reload()}>
            Load it again
          </button>
        </p>
      </main>
    );
  }
}
