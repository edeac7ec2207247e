// Text from outside: a name, a client, a reason. It is text, keeps its own direction, and takes three lines at most.

const TITLE_CHARACTERS = 500;

export function Outside({ text }: { text: string }) {
  return <bdi class="outside" title={text.length > 60 ? text.slice(0, TITLE_CHARACTERS) : undefined}>{text}</bdi>;
}
