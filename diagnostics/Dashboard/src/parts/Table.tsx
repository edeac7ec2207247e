// A real table that sorts, and becomes cards on a narrow screen.

import { useState } from "preact/hooks";
import type { ComponentChildren } from "preact";

export interface Column<T> { name: string; cell: (row: T) => ComponentChildren; by?: (row: T) => number | string }

export function Table<T>({ caption, columns, rows, id, empty, sort }: {
  caption: string; columns: Column<T>[]; rows: readonly T[]; id: (row: T) => string; empty: string; sort?: { column: string; down: boolean };
}) {
  const [order, setOrder] = useState(sort ?? null);
  if (rows.length === 0) return <p class="soft">{empty}</p>;
  const by = columns.find(c => c.name === order?.column)?.by;
  const sorted = by && order ? [...rows].sort((a, b) => {
    const [x, y] = [by(a), by(b)];
    const way = typeof x === "number" && typeof y === "number" ? x - y : String(x).localeCompare(String(y));
    return order.down ? -way : way;
  }) : rows;
  return (
    <table class="list">
      <caption class="visually-hidden">{caption}</caption>
      <thead>
        <tr>{columns.map(c => (
          <th key={c.name} scope="col" aria-sort={order?.column === c.name ? (order.down ? "descending" : "ascending") : undefined}>
            {c.by ? <button class="plain" onClick={() => setOrder({ column: c.name, down: order?.column === c.name ? !order.down : true })}>
              {c.name}<span aria-hidden="true">{order?.column === c.name ? (order.down ? " ↓" : " ↑") : ""}</span></button> : c.name}
          </th>))}
        </tr>
      </thead>
      <tbody>{sorted.map(row => <tr key={id(row)}>{columns.map(c => <td key={c.name} data-name={c.name}><span>{c.cell(row)}</span></td>)}</tr>)}</tbody>
    </table>
  );
}
