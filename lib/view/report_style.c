#include "view/report.h"

/*
 * Colours carry nothing that shape, text or a table does not say as well. Those of the two schemes are checked for
 * contrast: text 4.5 to 1, marks 3 to 1 against the ground.
 */
const char *const report_style[] = {
    ":root{color-scheme:light dark;--ground:#fff;--text:#1b2430;--soft:#55606e;--line:#d5dbe3;--card:#f5f7fa;"
    "--accent:#1f5fa8;--settled:#2c7a5b;--open:#2468b3;--missing:#8a5a00;--failed:#b3261e;"
    "--h0:#e9f0f8;--h1:#cadcef;--h2:#a3c4e3;--h3:#74a6d3;--h4:#4685bd;--h5:#20629d;--h6:#083e70}\n",
    "@media screen and (prefers-color-scheme:dark){:root{--ground:#12171e;--text:#e4e9f0;--soft:#a3aebc;--line:#323c48;"
    "--card:#1b222c;--accent:#7db4f0;--settled:#4fb08a;--open:#6fa8ec;--missing:#d9a441;--failed:#f2726a;"
    "--h0:#1b2a3a;--h1:#1f3f5f;--h2:#265783;--h3:#3573a8;--h4:#5492c8;--h5:#86b6e2;--h6:#c9e0f7}}\n",
    "*{box-sizing:border-box}html{-webkit-text-size-adjust:100%}"
    "body{margin:0 auto;max-width:1240px;padding:1rem clamp(1rem,3vw,2.5rem) 3rem;background:var(--ground);"
    "color:var(--text);font:16px/1.5 system-ui,-apple-system,\"Segoe UI\",Roboto,\"Liberation Sans\",sans-serif}\n"
    "h1{font-size:1.7rem;line-height:1.2;margin:.5rem 0 0;overflow-wrap:anywhere}"
    "h2{font-size:1.3rem;margin:2.75rem 0 .5rem;padding-top:.75rem;border-top:1px solid var(--line)}"
    "h3{font-size:1.05rem;margin:1.5rem 0 .5rem;overflow-wrap:anywhere}p{margin:.5rem 0;max-width:75ch}\n",
    "a{color:var(--accent)}code{font:.9em ui-monospace,\"DejaVu Sans Mono\",monospace;background:var(--card);"
    "padding:.1em .35em;border-radius:4px;overflow-wrap:anywhere}.soft,figcaption span{color:var(--soft)}"
    ".skip{position:absolute;left:-99rem}.skip:focus{position:static}"
    ":focus-visible{outline:3px solid var(--accent);outline-offset:2px}"
    "nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1.1rem;list-style:none;margin:.75rem 0 0;padding:0}\n",
    ".verdict{font-size:1.15rem;border-left:6px solid var(--settled);padding:.4rem .9rem;background:var(--card);"
    "max-width:none}.verdict.bad{border-color:var(--failed)}"
    ".cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.6rem,1fr));gap:.75rem;margin:1rem 0;padding:0}"
    ".cards div{background:var(--card);border-radius:8px;padding:.7rem .9rem}.cards "
    "dt{color:var(--soft);font-size:.85rem}"
    ".cards dd{margin:0}.cards dd:first-of-type{font-size:1.35rem;font-weight:600;line-height:1.3;"
    "font-variant-numeric:tabular-nums}.cards dd:first-of-type{white-space:nowrap}.cards "
    "dd+dd{font-size:.85rem;color:var(--soft)}\n",
    ".grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(20.5rem,100%),1fr));gap:1.5rem 2rem;"
    "align-items:start}.grid figure{margin:0}figure{margin:0 0 1.25rem;min-width:0}"
    "figcaption{overflow-wrap:anywhere}figcaption h3,figcaption h4{font-size:1rem;margin:0}"
    "figcaption span{display:block;font-size:.9rem}"
    ".chart{margin:.35rem 0;content-visibility:auto;overflow-clip-margin:1rem}"
    "svg{display:block;width:100%;height:auto;overflow:visible}"
    "svg text{fill:var(--soft);font-size:10.5px;font-family:inherit}.wide{max-width:60rem}.wide text{font-size:11px}"
    ".mid{text-anchor:middle}.end{text-anchor:end}svg .strong{fill:var(--text);font-weight:600}"
    ".definitions{position:absolute;width:0;height:0}.calendar,.week{max-width:30rem}\n",
    ".settled{fill:var(--settled)}.open{fill:var(--open)}.missing{fill:var(--missing)}.failed{fill:var(--failed)}"
    ".run{fill:none;stroke:var(--settled);stroke-width:8;stroke-dasharray:8 "
    "2}.cross{fill:none;stroke:var(--ground);stroke-width:1.6}.legend{display:flex;flex-wrap:wrap;gap:.2rem 1.4rem;"
    "list-style:none;margin:.5rem 0 1rem;padding:0;font-size:.9rem}.legend "
    "svg{display:inline-block;width:1em;height:1em;"
    "margin:0 .45em 0 0;vertical-align:-.12em}"
    ".scale{font-size:.85rem;color:var(--soft);margin:.1rem 0}\n",
    ".h0,.h1,.h2,.h3,.h4,.h5,.h6,.h7{fill:none;stroke-width:12;stroke-dasharray:12 1}.h0{stroke:var(--h0)}"
    ".h1{stroke:var(--h1)}.h2{stroke:var(--h2)}.h3{stroke:var(--h3)}.h4{stroke:var(--h4)}.h5{stroke:var(--h5)}"
    ".h6{stroke:var(--h6)}.h7{stroke:var(--soft);stroke-width:2;stroke-dasharray:2 "
    "11;stroke-dashoffset:-5}"
    "path.grid,path.tick{stroke:var(--line);fill:none}"
    ".peak{fill:var(--h2);stroke:var(--h4);stroke-width:.5}.mean{fill:none;stroke:var(--accent);stroke-width:1.6}"
    ".nothing{fill:url(#gap)}.gap{fill:var(--soft);opacity:.6}.greatest{fill:none;stroke:var(--text);stroke-width:1.4}"
    ".b0{fill:var(--open)}.b1{fill:url(#hatch);stroke:var(--accent);stroke-width:.6}"
    ".b2{fill:none;stroke:var(--failed);stroke-width:1}.hatch{fill:var(--accent)}"
    ".mark{fill:none;stroke:var(--failed);stroke-width:1.8}\n",
    "details{margin:.25rem 0}summary{cursor:pointer;color:var(--accent);font-size:.9rem;padding:.15rem 0;"
    "width:fit-content}"
    ".scroll{overflow-x:auto;max-height:32rem;overflow-y:auto}table{border-collapse:collapse;font-size:.85rem;"
    "font-variant-numeric:tabular-nums}caption{text-align:left;color:var(--soft);padding:.3rem 0}"
    "th,td{text-align:left;padding:.22rem .7rem .22rem 0;border-bottom:1px solid var(--line);vertical-align:top;"
    "white-space:nowrap}thead th{color:var(--soft);font-weight:600}th[scope=row]{font-weight:500}"
    ".n td,.n thead th+th,td.n{text-align:right}td.long{white-space:normal;min-width:14rem;overflow-wrap:anywhere}"
    "footer{margin-top:3rem;color:var(--soft);font-size:.85rem}\n",
    "@media(max-width:600px){.wide text{font-size:19px}.cards{grid-template-columns:1fr 1fr}}"
    "@media print{nav,.skip,details:not([open]){display:none}body{max-width:none;padding:0;font-size:10pt}"
    ".chart{content-visibility:visible}.cards{grid-template-columns:repeat(4,1fr)}.grid{grid-template-columns:1fr 1fr}"
    ".grid figure:has([open]){grid-column:1/-1}.wide{max-width:none}th,td{padding-right:.4rem}td,thead "
    "th{white-space:normal}"
    "table{font-size:8pt}:is(#weeks,#runs) table{font-size:6.5pt}:is(#weeks,#runs) "
    ":is(td,th){padding-right:.25rem}td.long{min-width:0}td "
    "bdi{overflow-wrap:anywhere}.chart,figcaption,.cards div,tr,li"
    "{break-inside:avoid}figcaption{break-after:avoid}h2,h3,h2+p,.legend{break-after:avoid}h2{margin-top:1.5rem}."
    "verdict{font-"
    "size:1rem}.scroll{max-height:none;overflow:visible}"
    "svg,.cards div,.verdict{-webkit-print-color-adjust:exact;print-color-adjust:exact}}\n",
    NULL,
};
