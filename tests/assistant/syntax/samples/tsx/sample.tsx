import React from "react";

type Props = { count: number };

/** Draws a jar. */
export function JarView({ count }: Props): JSX.Element {
  const onClick = () => shake(count);
  return <Panel title="Jar" onClick={onClick}>{count}</Panel>;
}

export const Shelf: React.FC<Props> = ({ count }) => <JarView count={count} />;

class Door extends React.Component<Props> {
  render() {
    return <div className="door" />;
  }
}
