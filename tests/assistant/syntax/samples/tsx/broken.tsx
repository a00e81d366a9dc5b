export function JarView() {
  return <Panel>;
}
const = 3;
