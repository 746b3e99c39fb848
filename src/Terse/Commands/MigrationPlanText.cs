using System.Globalization;
using System.Text;
using Terse.Storage;

namespace Terse.Commands;

/// <summary>Writes what <c>terse migrate --plan</c> has found.</summary>
internal static class MigrationPlanText
{
    private const int MaxStatement = 90;

    public static string Of(MigrationPlan plan)
    {
        if (plan.Migrations.Count == 0)
            return Line($"The schema is up to date: version {plan.Schema}.\n");
        var text = new StringBuilder();
        text.Append(Line($"The schema has version {plan.Schema}; this version of Terse makes it "))
            .Append(Line($"{plan.Target}.\nAll statements run in one transaction, "))
            .Append("which holds all locks until its end.\n");
        foreach (var migration in plan.Migrations)
        {
            text.Append(Line($"\n{migration.Name}: {migration.Others} statements "))
                .Append("that lock no existing table")
                .Append(migration.Steps.Count == 0 ? ".\n" : ", and these:\n");
            foreach (var (step, rows) in migration.Steps)
                Append(text, step, rows);
        }

        return text.Append("\nNothing was changed. Estimates are orders of magnitude.\n").ToString();
    }

    private static void Append(StringBuilder text, PlannedStep step, long rows)
    {
        text.Append("  ")
            .Append(step.Statement.AsSpan(0, Math.Min(step.Statement.Length, MaxStatement)))
            .Append(step.Statement.Length > MaxStatement ? "…\n" : "\n");
        if (step.Table is null)
        {
            text.Append("      Its locks and its time are unknown.\n");
            return;
        }

        text.Append(Line($"      {step.Table}, {rows:N0} rows: lock {step.Lock}, which blocks "))
            .Append(Line($"{step.Blocks}; {TextOf(MigrationPlan.Estimate(step.Work, rows))}\n"));
    }

    private static string TextOf(TimeSpan? time) => time switch
    {
        null => "unknown time",
        { TotalSeconds: < 1 } => "less than a second",
        { TotalSeconds: < 90 } seconds => Line($"about {seconds.TotalSeconds:N0} s"),
        { } longer => Line($"about {longer.TotalMinutes:N0} minutes"),
    };

    private static string Line(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
