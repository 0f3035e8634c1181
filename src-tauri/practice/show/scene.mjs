// The practice room's live picture at one moment: a potter at a lamplit bench, as one SVG text.
// Every movement comes back to where it began after LENGTH seconds, so the last frame leads into the first.

/** Length of the loop in seconds. */
export const LENGTH = 24;

const TURN = 2 * Math.PI;
/** A swing between -1 and 1, a whole number of times in the loop. */
const swing = (t, times, shift = 0) => Math.sin(TURN * ((times * t) / LENGTH + shift));
const smooth = (x) => {
  const clamped = Math.min(1, Math.max(0, x));
  return clamped * clamped * (3 - 2 * clamped);
};
/** Rises from 0 to 1 between `from` and `up`, stays, and falls back between `down` and `to`. */
const held = (t, from, up, down, to) => smooth((t - from) / (up - from)) * (1 - smooth((t - down) / (to - down)));
const blink = (t, at) => held(t, at, at + 0.1, at + 0.14, at + 0.3);
const n = (value) => Number(value.toFixed(3));
const move = (x, y) => `translate(${n(x)} ${n(y)})`;
const tilt = (degrees, x, y) => `rotate(${n(degrees)} ${x} ${y})`;

/** What everybody is doing at `t`. */
function pose(t) {
  const greeting = held(t, 8.8, 10.0, 14.4, 15.8);
  const lids = held(t, 9.1, 9.45, 14.9, 15.2) * (1 - Math.max(blink(t, 10.9), blink(t, 13.4)));
  return {
    breath: swing(t, 5),
    greeting,
    eyes: lids,
    nod: held(t, 11.9, 12.3, 12.35, 12.9),
    head: 0.7 * swing(t, 2) + 0.4 * swing(t, 3, 0.5) + 2.4 * greeting,
    // The pot turns a little to one side and back, and later a little to the other.
    pot: held(t, 1.8, 3.8, 5.4, 7.6) - 0.8 * held(t, 16.4, 18.3, 19.8, 22),
    lamp: 0.5 * swing(t, 7) + 0.3 * swing(t, 11, 0.2) + 0.2 * swing(t, 19, 0.6),
  };
}

const defs = `<defs>
  <linearGradient id="wall" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="#5A4634"/><stop offset=".55" stop-color="#3A2D22"/><stop offset="1" stop-color="#1E1712"/></linearGradient>
  <radialGradient id="light" cx=".235" cy=".25" r=".62"><stop offset="0" stop-color="#FFD9A0" stop-opacity=".74"/><stop offset=".34" stop-color="#E9A864" stop-opacity=".3"/><stop offset="1" stop-color="#E9A864" stop-opacity="0"/></radialGradient>
  <radialGradient id="halo"><stop offset=".3" stop-color="#FFE2AE" stop-opacity=".6"/><stop offset="1" stop-color="#FFD9A0" stop-opacity="0"/></radialGradient>
  <radialGradient id="speck"><stop offset=".1" stop-color="#FFE3B4"/><stop offset="1" stop-color="#FFE3B4" stop-opacity="0"/></radialGradient>
  <radialGradient id="blush"><stop offset="0" stop-color="#D9694C" stop-opacity=".5"/><stop offset="1" stop-color="#D9694C" stop-opacity="0"/></radialGradient>
  <linearGradient id="bench" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#8A5E3C"/><stop offset=".18" stop-color="#6E4930"/><stop offset="1" stop-color="#2E1D13"/></linearGradient>
  <linearGradient id="apron" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="#C9BFAF"/><stop offset="1" stop-color="#8E8374"/></linearGradient>
  <linearGradient id="skin" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="#E8B891"/><stop offset="1" stop-color="#B97F58"/></linearGradient>
  <linearGradient id="jacket" x1="0" y1="0" x2="1" y2="1"><stop offset="0" stop-color="#47594F"/><stop offset="1" stop-color="#2A352F"/></linearGradient>
  <filter id="soft" x="-20%" y="-20%" width="140%" height="140%"><feGaussianBlur stdDeviation="7"/></filter>
  <filter id="mist" x="-60%" y="-20%" width="220%" height="140%"><feGaussianBlur stdDeviation="5"/></filter>
  <radialGradient id="edge" cx=".5" cy=".46" r=".78"><stop offset=".55" stop-color="#000" stop-opacity="0"/><stop offset="1" stop-color="#000" stop-opacity=".55"/></radialGradient>
  <clipPath id="pane"><path d="M110 104h302v442H110z"/></clipPath>
</defs>`;

const shelves = `<path d="M960 236h560v20H960zM960 452h560v20H960z" fill="#2A1D14"/><path d="M960 232h560v8H960zM960 448h560v8H960z" fill="#7B5639"/>
  <g opacity=".95">
    <path d="M1010 232c-34-6-44-46-22-72 8-10 6-22 4-34h36c-2 12-4 24 4 34 22 26 12 66-22 72z" fill="#B9C4B8"/>
    <path d="M1120 232c-40 0-58-24-54-56h108c4 32-14 56-54 56z" fill="#8C4F34"/><path d="M1076 176c8-20 80-20 88 0z" fill="#743F29"/>
    <path d="M1228 232v-104h62v104z" fill="#C7B79C"/><path d="M1240 150h38v50h-38z" fill="#8C3B27"/>
    <path d="M1372 232c-48 0-62-40-62-66h124c0 26-14 66-62 66z" fill="#6E8B7D"/>
    <path d="M1470 232v-140c0-12 30-12 30 0v140z" fill="#3E3833"/>
    <path d="M1030 448v-118h74v118z" fill="#4A5A52"/><path d="M1120 448v-92h58v92z" fill="#A98D66"/>
    <path d="M1268 448c-52 0-70-34-70-78h140c0 44-18 78-70 78z" fill="#D8D2C6"/>
    <path d="M1420 448c-36 0-58-20-58-58 0-30 20-40 20-70h76c0 30 20 40 20 70 0 38-22 58-58 58z" fill="#8E5A3C"/>
  </g>`;

/** Leaves outside the paper window, moved by a light wind. */
function leaves(t) {
  const leaf = 'M0 0C18-10 46-10 66 0 46 10 18 10 0 0z';
  const twigs = [[150, 560, -78, 0], [205, 585, -96, 0.3]];
  return twigs.map(([x, y, lean, shift]) => {
    const bend = 1.3 * swing(t, 3, shift) + 0.5 * swing(t, 7, shift);
    const grown = [90, 150, 205, 262, 318].map((along, i) => {
      const side = i % 2 === 0 ? 1 : -1;
      return `<path d="${leaf}" transform="${move(along, 0)} rotate(${n(side * (38 + 2.5 * swing(t, 4, shift + i / 5)))}) scale(${1.25 - i * 0.07})"/>`;
    });
    return `<g transform="${move(x, y)} rotate(${n(lean + bend)})"><path d="M0-3h330v5H0z"/>${grown.join('')}</g>`;
  }).join('');
}

const back = (t, { lamp }) => `<rect width="1600" height="900" fill="url(#wall)"/>
  <g filter="url(#soft)">${shelves}
    <path d="M96 90h330v470H96z" fill="#241A13"/><path d="M110 104h302v442H110z" fill="#C98F55" opacity=".5"/>
    <g clip-path="url(#pane)" fill="#3A2412" opacity=".34">${leaves(t)}</g>
    <path d="M258 104h6v442h-6zM110 322h302v6H110z" fill="#241A13"/>
  </g>
  <circle cx="376" cy="226" r="84" fill="#FFE7BE" filter="url(#soft)" opacity="${n(0.94 + 0.02 * lamp)}"/>
  <circle cx="376" cy="226" r="230" fill="url(#halo)" opacity="${n(0.14 + 0.05 * lamp)}"/>
  <rect width="1600" height="900" fill="url(#light)"/>`;

/** Specks of dust that drift up through the lamplight and fade at both ends of their way. */
function dust(t) {
  return Array.from({ length: 11 }, (_, i) => {
    const way = (t / LENGTH + (i * 0.618)) % 1;
    const x = 400 + ((i * 211) % 520) + 40 * way + 14 * swing(t, 2 + (i % 3), i / 7);
    const y = 250 + ((i * 137) % 330) - 120 * way;
    return `<circle cx="${n(x)}" cy="${n(y)}" r="${3 + (i % 4)}" fill="url(#speck)" opacity="${n(0.5 * Math.sin(Math.PI * way) ** 2)}"/>`;
  }).join('');
}

function face({ greeting, eyes, nod }) {
  const lift = 2.5 - 4.5 * greeting + 3.5 * nod;
  const eye = (x) => {
    // Smiling lids are wide arcs; when she looks up they draw together round the eye that shows under them.
    const half = n(12 - 2.6 * eyes);
    const bend = n(6 + 2 * eyes);
    return `<ellipse cx="${x}" cy="${n(326.5 + 3.9 * eyes)}" rx="5" ry="${n(6.4 * eyes)}" fill="#33211A"/>
      <path d="M${n(x - half)} ${n(330 - eyes)}c${n(half / 2)}-${bend} ${n(1.5 * half)}-${bend} ${n(2 * half)} 0" stroke="#3A2820" stroke-width="4" fill="none" stroke-linecap="round"/>`;
  };
  const wide = 2.5 * greeting;
  return `<g transform="${move(0.8 * greeting, lift)}">${eye(680)}${eye(728)}
      <g fill="url(#blush)" opacity="${n(0.3 + 0.3 * greeting)}"><ellipse cx="663" cy="356" rx="22" ry="14"/><ellipse cx="741" cy="356" rx="22" ry="14"/></g>
      <path d="M702 340c-2 10-5 16-3 20" stroke="#A86E4B" stroke-width="3" fill="none" stroke-linecap="round"/>
      <path d="M${n(690 - wide)} ${n(380 - 0.6 * wide)}c${n(8 + wide * 0.6)} ${n(7 + wide)} ${n(20 + wide * 1.4)} ${n(7 + wide)} ${n(28 + 2 * wide)} 0" stroke="#8B4B38" stroke-width="4.500" fill="none" stroke-linecap="round"/>
    </g>`;
}

function host(t, now) {
  const { breath, greeting, head, nod } = now;
  const rise = -2.2 * breath;
  const turn = tilt(head, 702, 430);
  const dip = move(0, rise + 1.5 - 3 * greeting + 2.5 * nod);
  return `<g transform="${dip} ${turn}">
      <path d="M700 214c-62 0-94 48-88 112 3 36-6 60 2 84h176c8-26 0-48 2-84 4-66-30-112-92-112z" fill="#241A15" transform="${tilt(-0.35 * head, 702, 300)}"/>
      <circle cx="702" cy="196" r="40" fill="#2A1F19" transform="${tilt(0.8 * swing(t, 2, -0.06), 702, 260)}"/>
    </g>
    <path d="M664 384h76v84h-76z" fill="#B97F58" transform="${move(0, rise)}"/>
    <g transform="${dip} ${turn}">
      <path d="M634 312c0-50 28-80 68-80s68 30 68 80c0 62-32 110-68 110s-68-48-68-110z" fill="url(#skin)"/>
      ${face(now)}
      <path d="M634 318c-4-58 22-92 68-92s74 34 68 92c-10-36-26-58-48-66-30 24-66 30-88 66z" fill="#2A1F19"/>
    </g>
    <g transform="translate(702 758) scale(${n(1 + 0.0025 * breath)} ${n(1 + 0.007 * breath)}) translate(-702 -758)">
      <path d="M664 440c-84 16-146 40-172 118-16 48-26 116-34 200h488c-8-84-18-152-34-200-26-78-88-102-172-118-8 30-68 30-76 0z" fill="url(#jacket)"/>
      <path d="M596 500h212l22 258H574z" fill="url(#apron)"/><path d="M596 500l52-52M808 500l-52-52" stroke="#A99E8D" stroke-width="17"/>
      <path d="M640 560h124v62c0 14-8 22-22 22h-80c-14 0-22-8-22-22z" fill="#7F7567" opacity=".55"/>
    </g>`;
}

const bench = `<path d="M0 690h1600v210H0z" fill="url(#bench)"/><path d="M0 690h1600v6H0z" fill="#C08A5C" opacity=".75"/>
  <g stroke="#3B2618" stroke-width="3" opacity=".35" fill="none"><path d="M0 748c300-14 700 16 1600-10M0 806c420 14 900-20 1600 6M0 862c360-12 980 10 1600-6"/></g>
  <ellipse cx="700" cy="792" rx="250" ry="20" fill="#1A0F08" opacity=".55" filter="url(#soft)"/>
  <path d="M476 752h448l34 40c4 6 0 12-8 12H450c-8 0-12-6-8-12z" fill="#5A3A26"/><path d="M442 796h516v12c0 8-6 12-12 12H454c-6 0-12-4-12-12z" fill="#3A2416"/><path d="M494 758h412l20 28H474z" fill="#70492F"/>`;

/** The pot turns about its upright axis: only spout and handle tell, the light stays where it is. */
function pot({ pot: turned, lamp }) {
  const aside = 3.4 * turned * turned;
  return `<g transform="translate(566 536) scale(2.350)">
    <path d="M34 60l-16-9c-2.500-1.400-4.600 1-3.200 3.200L29 76z" fill="#8A4A2E" transform="${move(aside, -2.6 * turned)}"/>
    <path d="M84 66l22-10.500c4-1.800 6.600 4.200 2.800 6.200L87 74z" fill="#8A4A2E" transform="${move(-aside, 2.6 * turned)}"/>
    <path d="M24 69c0-17 15.400-26 34-26s34 9 34 26c0 15-14 25-34 25S24 84 24 69z" fill="#B96B47"/>
    <path d="M58 43c18.600 0 34 9 34 26 0 15-14 25-34 25-3 0-5.800-.2-8.500-.7C66 91 78 83 78 66c0-11.500-9-19.500-24-22.900 1.300-.1 2.700-.1 4-.1z" fill="#8A4A2E" opacity=".75"/>
    <path d="M37 55c5-5.500 12-8 19-8.200" fill="none" stroke="#EDB894" stroke-width="2.600" stroke-linecap="round" opacity="${n(0.7 + 0.06 * lamp)}"/>
    <path d="M38 46.500C40 40 48 36.500 58 36.500s18 3.500 20 10C72 49.500 65 51 58 51s-14-1.500-20-4.500z" fill="#8A4A2E"/>
    <circle cx="58" cy="33.500" r="4.600" fill="#B96B47"/>
  </g>`;
}

/** Forearms and hands lie on the pot and go with it. */
function hands({ pot: turned, breath }) {
  const pull = 1.5 * turned * turned;
  return `<g transform="${move(pull, -0.9 * breath)} ${tilt(-3 * turned, 486, 690)}">
      <path d="M474 600c-26 56-36 110 6 138 42 30 98 12 126-6l-26-44c-22 12-40 12-42-8-2-28 4-62-16-88-18-18-40-10-48 8z" fill="#3F4F47"/>
      <path d="M584 690c22-18 44-24 58-14 10 8 8 24-6 34-16 12-34 22-52 24z" fill="url(#skin)"/>
    </g>
    <g transform="${move(-pull, -0.9 * breath)} ${tilt(-3 * turned, 918, 690)}">
      <path d="M930 600c26 56 36 110-6 138-42 30-92 14-120-4l24-44c20 10 38 10 40-10 2-28-4-62 14-88 16-18 40-10 48 8z" fill="#2C3831"/>
      <path d="M824 692c-20-22-46-34-62-24-12 8-8 26 6 36 16 12 38 22 52 26z" fill="#C38A62"/>
    </g>`;
}

function cups(t) {
  const glint = (cx, cy, rx, shift) => `<ellipse cx="${n(cx + 3.5 * swing(t, 3, shift))}" cy="${cy}" rx="${n(rx + 2.5 * swing(t, 5, shift))}" ry="${n(rx * 0.16)}" fill="#E6BE80" opacity="${n(0.82 + 0.16 * swing(t, 4, shift))}"/>`;
  return `<g transform="translate(964 690)"><ellipse cx="60" cy="96" rx="86" ry="12" fill="#1A0F08" opacity=".5" filter="url(#soft)"/><path d="M0 10h120c0 56-18 84-60 84S0 66 0 10z" fill="#EDEAE3"/><path d="M120 10c0 56-18 84-60 84-6 0-11-.5-16-1.500C78 84 92 56 92 10z" fill="#B9B1A3"/><ellipse cx="60" cy="10" rx="60" ry="14" fill="#FAF8F3"/><ellipse cx="60" cy="13" rx="51" ry="10" fill="#B07A36"/>${glint(48, 11, 22, 0)}</g>
    <g transform="translate(1118 716)"><ellipse cx="52" cy="84" rx="74" ry="10" fill="#1A0F08" opacity=".5" filter="url(#soft)"/><path d="M0 8h104c0 48-16 74-52 74S0 56 0 8z" fill="#E3DFD6"/><path d="M104 8c0 48-16 74-52 74-5 0-9-.4-13-1.200C68 74 80 50 80 8z" fill="#A79F91"/><ellipse cx="52" cy="8" rx="52" ry="12" fill="#F6F3ED"/><ellipse cx="52" cy="10.500" rx="44" ry="8.500" fill="#B07A36"/>${glint(42, 9, 15, 0.4)}</g>`;
}

const things = `<g transform="translate(236 640)"><ellipse cx="90" cy="146" rx="120" ry="14" fill="#1A0F08" opacity=".5" filter="url(#soft)"/><path d="M10 34c3 66 32 106 80 106s77-40 80-106z" fill="#8FB09F"/><path d="M170 34c-3 66-32 106-80 106-6 0-11-.6-16-1.700C112 128 130 90 132 34z" fill="#5F8271"/><ellipse cx="90" cy="34" rx="80" ry="15" fill="#BDD2C6"/><path d="M24 26C30-4 58-20 90-20s60 16 66 46c-18 9-42 13-66 13S42 35 24 26z" fill="#9DBDAC"/><path d="M156 26c-6-30-34-46-66-46 26 8 38 26 40 56 10-2 18-5 26-10z" fill="#6F9280"/><path d="M76-20c0-12 6-17 14-17s14 5 14 17z" fill="#8FB09F"/><path d="M40 12c8-14 22-22 36-24" stroke="#E4F0E9" stroke-width="6" stroke-linecap="round" fill="none" opacity=".85"/></g>
  <g transform="translate(1300 742)" opacity=".96"><path d="M0 40c0-8 6-14 14-14h180c8 0 14 6 14 14v34H0z" fill="#C9A27B"/><path d="M0 52h208M0 62h208" stroke="#A47E58" stroke-width="3" stroke-dasharray="10 8"/><path d="M-10 74h228v30c0 8-6 14-14 14H4c-8 0-14-6-14-14z" fill="#5D6E7B"/></g>`;

/** One ribbon of steam: waves climb it, it widens as it rises, and it thins out at its top. */
function ribbon(t, id, { x, y, height, width, shift, strength }) {
  const left = [];
  const right = [];
  const stops = [];
  for (let i = 0; i <= 20; i += 1) {
    const h = i / 20;
    const wave = 13 * Math.sin(TURN * (1.25 * h - (5 * t) / LENGTH + shift)) + 6 * Math.sin(TURN * (2.2 * h - (8 * t) / LENGTH + 2 * shift));
    const middle = x + h ** 0.8 * wave + 10 * h * swing(t, 2, shift);
    const half = width * (0.4 + 0.9 * h) * (1 + 0.25 * Math.sin(TURN * (1.6 * h - (6 * t) / LENGTH + shift)));
    left.push(`${n(middle - half)} ${n(y - height * h)}`);
    right.unshift(`${n(middle + half)} ${n(y - height * h)}`);
    const body = smooth(h / 0.14) * (1 - h) ** 1.2;
    const puff = 0.72 + 0.28 * Math.sin(TURN * (1.4 * h - (6 * t) / LENGTH + 0.3 + shift));
    stops.push(`<stop offset="${h}" stop-color="#FFF4E4" stop-opacity="${n(strength * body * puff)}"/>`);
  }
  return `<linearGradient id="${id}" gradientUnits="userSpaceOnUse" x1="0" y1="${y}" x2="0" y2="${y - height}">${stops.join('')}</linearGradient>
    <path d="M${left.join('L')}L${right.join('L')}z" fill="url(#${id})" filter="url(#mist)"/>`;
}

const steam = (t) => ribbon(t, 's1', { x: 1014, y: 704, height: 250, width: 8, shift: 0, strength: 0.42 })
  + ribbon(t, 's2', { x: 1036, y: 702, height: 190, width: 6, shift: 0.37, strength: 0.3 })
  + ribbon(t, 's3', { x: 1168, y: 726, height: 170, width: 6.5, shift: 0.71, strength: 0.34 });

/** The whole picture at `t` seconds. */
export function scene(t) {
  const now = pose(t);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1600 900">${defs}${back(t, now)}${dust(t)}${host(t, now)}${bench}${pot(now)}${hands(now)}${cups(t)}${things}${steam(t)}<rect width="1600" height="900" fill="url(#edge)"/></svg>`;
}
