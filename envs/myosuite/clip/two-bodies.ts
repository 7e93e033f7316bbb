/** Sections of the one-body model that each body has a copy of, in order. */
const SECTIONS = ["contact", "tendon", "equality", "actuator", "sensor"] as const;
/** Attributes whose values are names within a body; classes, meshes, materials and textures are shared. */
const NAMES = [
  "name",
  "body1",
  "body2",
  "joint",
  "joint1",
  "joint2",
  "tendon",
  "site",
  "geom",
  "geom1",
  "geom2",
  "sidesite",
  "objname",
];
/** Arena of a row: what two bodies in contortions on the ground need, and as much again. */
const MEMORY = "8M";
/** Half-width of the floor, m. */
const FLOOR = 8;
/** Distance of the fence from the middle, its depth and its height, m. */
const FENCE = 6;
const DEPTH = 0.5;
const RGBA = "0.27 0.25 0.25 1";

/** Where a body stands: y of its frame (m) and rotation, facing the other one. */
export interface Standing {
  readonly prefix: string;
  readonly y: number;
  readonly quat: string;
}

/** Bodies `separation` m apart. */
export function standings(separation: number): readonly [Standing, Standing] {
  return [
    { prefix: "a0_", y: separation / 2, quat: "1 0 0 0" },
    { prefix: "a1_", y: -separation / 2, quat: "0 0 0 1" },
  ];
}

function section(xml: string, name: string): string {
  const start = xml.indexOf(`<${name}>`);
  const end = xml.lastIndexOf(`</${name}>`);
  return start < 0 || end < 0 ? "" : xml.slice(start + name.length + 2, end);
}

function prefixed(text: string, prefix: string): string {
  return text.replaceAll(new RegExp(`\\s(${NAMES.join("|")})="`, "g"), (match) => `${match}${prefix}`);
}

/** The body in its frame; its own floor neither collides nor shows, its pelvis bears the site that is tracked. */
function bodyText(worldbody: string, { prefix, y, quat }: Standing): string {
  const site = `<site name="${prefix}pelvis_site" size="0.03" rgba="0 0 0 0"/>`;
  const text = prefixed(worldbody, prefix)
    .replace(/<geom name="\w+_floor"[^>]*>/, (floor) => ghost(floor))
    .replace(`<light `, `<light name="${prefix}light" `);
  return `<frame pos="0 ${y} 0" quat="${quat}">${withSite(text, `${prefix}pelvis`, site)}</frame>`;
}

function ghost(geom: string): string {
  return geom.replace(/ rgba="[^"]*"/, ' rgba="0 0 0 0"').replace(" name=", ' contype="0" conaffinity="0" name=');
}

/** A site as the last one of a body: before its first child. */
function withSite(text: string, body: string, site: string): string {
  const start = text.indexOf(`<body name="${body}"`);
  const child = text.indexOf("<body ", start + 1);
  if (start < 0 || child < 0) throw new Error(`the model has no body ${body} with a child`);
  return text.slice(0, child) + site + text.slice(child);
}

/** A fence of four wedges and four corner posts around the square. */
function fence(): { readonly meshes: string; readonly geoms: string } {
  const wedge = [
    0,
    FENCE,
    0,
    0,
    -FENCE,
    0,
    DEPTH,
    FENCE,
    0,
    DEPTH,
    -FENCE,
    0,
    DEPTH,
    FENCE,
    DEPTH,
    DEPTH,
    -FENCE,
    DEPTH,
  ];
  const post = [0, 0, 0, 0, -1, 0, 1, -1, 0, 1, 0, 0, 1, 0, 1, 1, -1, 1, 0, -1, 1].map((x) => x * DEPTH);
  const turn = (angle: number): string => `${Math.cos(angle / 2)} 0 0 ${Math.sin(angle / 2)}`;
  const geom = (name: string, mesh: string, x: number, y: number, angle: number): string =>
    `<geom name="${name}" type="mesh" mesh="${mesh}" pos="${x} ${y} 0" quat="${turn(angle)}" rgba="${RGBA}"/>`;
  // MyoSuite writes the angles with these digits.
  const [half, quarter] = [3.14159265, 1.5707963];
  return {
    meshes: `<mesh name="pyramid" vertex="${wedge.join(" ")}"/><mesh name="corner" vertex="${post.join(" ")}"/>`,
    geoms: [
      geom("fence1", "pyramid", -FENCE, 0, half),
      geom("fence2", "pyramid", FENCE, 0, 0),
      geom("fence3", "pyramid", 0, FENCE, quarter),
      geom("fence4", "pyramid", 0, -FENCE, -quarter),
      geom("corner1", "corner", -FENCE, -FENCE, -quarter),
      geom("corner2", "corner", FENCE, -FENCE, 0),
      geom("corner3", "corner", FENCE, FENCE, quarter),
      geom("corner4", "corner", -FENCE, FENCE, half),
    ].join(""),
  };
}

/**
 * Two copies of a one-body model that face each other in a fenced square, as MyoSuite composes them
 * (`chase_tag_vs_model.py`): names get the prefixes a0_ and a1_, the pelvises bear sites and velocity sensors.
 */
export function twoBodies(xml: string, separation: number): string {
  const bodies = standings(separation);
  const worldbody = section(xml, "worldbody");
  const { meshes, geoms } = fence();
  const copies = SECTIONS.map((name) => {
    const text = section(xml, name);
    return `<${name}>${bodies.map(({ prefix }) => prefixed(text, prefix)).join("")}</${name}>`;
  });
  const sensors = bodies.map(
    ({ prefix }) => `<framelinvel name="${prefix}pelvis_site_vel" objtype="site" objname="${prefix}pelvis_site"/>`,
  );
  return [
    `<mujoco model="chase_tag_vs_fullbody"><compiler angle="radian"/><size memory="${MEMORY}"/>`,
    `<visual>${section(xml, "visual")}</visual><default>${section(xml, "default")}</default>`,
    `<asset>${section(xml, "asset")}${meshes}</asset>`,
    `<worldbody><geom name="floor" type="plane" size="${FLOOR} ${FLOOR} 0.1"/>`,
    `<light name="scene_fill" pos="0 0 4" diffuse="0.5 0.5 0.55" castshadow="false"/>`,
    ...bodies.map((standing) => bodyText(worldbody, standing)),
    `${geoms}</worldbody>`,
    ...copies,
    `<sensor>${sensors.join("")}</sensor></mujoco>`,
  ].join("\n");
}
