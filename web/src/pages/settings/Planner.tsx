import { useState } from 'preact/hooks';
import { TextField } from '../../parts/field/Field';
import { t } from '../../text';
import { number, percent } from '../../text/format';
import { codeLength, guessChance, secondsFor } from './planner';

/** How long codes become, and how safe a code that nobody should guess is. */
export function Planner() {
    const [years, setYears] = useState('5');
    const [links, setLinks] = useState('1000000');
    const [servers, setServers] = useState('2');
    const [length, setLength] = useState('8');
    const chance = guessChance(Number(length) || 1, 62, Number(links) || 0);
    return (
        <section class="stack">
            <p class="soft">{t.planner.intro}</p>
            <div class="pair">
                <TextField
                    label={t.planner.years}
                    type="number"
                    min={0}
                    max={100}
                    value={years}
                    onChange={setYears}
                />
                <TextField label={t.planner.links} type="number" min={1} value={links} onChange={setLinks} />
                <TextField
                    label={t.planner.servers}
                    type="number"
                    min={1}
                    max={32}
                    value={servers}
                    onChange={setServers}
                />
                <TextField
                    label={t.planner.length}
                    type="number"
                    min={1}
                    max={30}
                    value={length}
                    onChange={setLength}
                />
            </div>
            <dl class="planner" aria-live="polite">
                <div>
                    <dt class="soft small">{t.planner.codeLength}</dt>
                    <dd class="planner-result">{t.planner.characters(codeLength(Number(years) || 0))}</dd>
                </div>
                <div>
                    <dt class="soft small">{t.planner.time}</dt>
                    <dd class="planner-result">
                        {t.planner.seconds(
                            number(Math.ceil(secondsFor(Number(links) || 0, Number(servers) || 1))),
                        )}
                    </dd>
                </div>
                <div>
                    <dt class="soft small">{t.planner.guess}</dt>
                    <dd class="planner-result">
                        {chance < 1e-6
                            ? t.planner.rare(number(Math.round(1 / Math.max(chance, 1e-18))))
                            : percent(chance)}
                    </dd>
                </div>
            </dl>
        </section>
    );
}
