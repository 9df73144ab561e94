const shapes = {
  pages: "M4 5h16v5H4zM4 14h16v5H4zM7.5 7.500h.01M7.5 16.500h.01",
  inbox: "M4 13l2.5-8h11L20 13v6H4zM4 13h5l1 2.500h4L15 13h5",
  history: "M4 5v4h4M4.6 9A8 8 0 1 1 4 13M12 8v4.500l3 2",
  machine: "M4 5h6v5H4zM14 14h6v5h-6zM10 7.500h7V14M7 10v6.500h7",
  desk: "M4 9h16M6 9v10M18 9v10M9 9V5h6v4M6 14h12",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  plus: "M12 5v14M5 12h14",
  check: "M5 12.500l4.5 4.500L19 7.5",
  cross: "M6 6l12 12M18 6L6 18",
  warning: "M12 4l9 16H3zM12 10v4M12 17h.01",
  arrow: "M5 12h14M13 6l6 6-6 6",
  sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.5 1.500M17.5 17.500L19 19M19 5l-1.5 1.500M6.5 17.500L5 19",
  moon: "M19 14.500A7.5 7.5 0 0 1 9.5 5 7.5 7.5 0 1 0 19 14.500z",
  device: "M4 5h16v11H4zM9 20h6M12 16v4",
} as const;

export type IconName = keyof typeof shapes;

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={shapes[name]} />
    </svg>
  );
}
