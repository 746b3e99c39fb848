import { ApiError, NoAnswerError } from '../../api/client';
import { language, t } from '../../text';

/** What happened, in the language of the page where it has the words, else in the server's. */
export function explain(error: unknown): string {
    if (error instanceof NoAnswerError) return t.errors.noAnswer;
    if (error instanceof ApiError) {
        const own = (t.problems as Record<string, string>)[error.kind];
        return language !== 'en' && own ? own : error.problem.detail;
    }
    return error instanceof Error ? error.message : String(error);
}

/** The field that the server found wrong, without the position inside it: `rules[1].target` is `rules`. */
export function fieldOf(error: unknown): string | undefined {
    return error instanceof ApiError ? error.problem.field?.split(/[.[]/)[0] : undefined;
}
