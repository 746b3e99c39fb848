namespace Terse.Storage;

/// <summary>What a migration would do.</summary>
/// <param name="Schema">The version of the schema of the database; 0 if it has none.</param>
/// <param name="Target">The version that this version of Terse makes.</param>
/// <param name="Migrations">The migrations that the database lacks.</param>
internal sealed record MigrationPlan(int Schema, int Target, IReadOnlyList<PlannedMigration> Migrations)
{
    /// <summary>
    /// How many rows a second a statement handles: orders of magnitude on one core and an ordinary disk.
    /// </summary>
    private const long ReadPerSecond = 1_000_000;
    private const long IndexedPerSecond = 300_000;
    private const long WrittenPerSecond = 50_000;

    /// <summary>Plans the migrations that a database lacks.</summary>
    /// <param name="schema">The version of its schema.</param>
    /// <param name="migrations">All migrations, in their order.</param>
    /// <param name="rows">The approximate numbers of rows of the tables that exist.</param>
    public static MigrationPlan Of(
        int schema,
        IReadOnlyList<(string Name, string Text)> migrations,
        IReadOnlyDictionary<string, long> rows) => new(
            schema,
            migrations.Count,
            [.. migrations.Skip(schema).Select(file => PlannedMigration.Of(file.Name, file.Text, rows))]);

    /// <summary>Estimates the time of a step on a table; null if it is unknown.</summary>
    public static TimeSpan? Estimate(StepWork work, long rows) => work switch
    {
        StepWork.Catalog => TimeSpan.Zero,
        StepWork.Read => TimeSpan.FromSeconds((double)rows / ReadPerSecond),
        StepWork.Index => TimeSpan.FromSeconds((double)rows / IndexedPerSecond),
        StepWork.Write => TimeSpan.FromSeconds((double)rows / WrittenPerSecond),
        _ => null,
    };
}

/// <summary>What one migration would do.</summary>
/// <param name="Name">The name of its file.</param>
/// <param name="Steps">The statements that use tables which exist, and those that are not understood.</param>
/// <param name="Others">The number of all other statements, such as those for new tables.</param>
internal sealed record PlannedMigration(
    string Name, IReadOnlyList<(PlannedStep Step, long Rows)> Steps, int Others)
{
    public static PlannedMigration Of(string name, string text, IReadOnlyDictionary<string, long> rows)
    {
        var all = SqlStatements.Split(text).Select(PlannedStep.Of).ToList();
        var steps = all
            .Where(step =>
                step.Work == StepWork.Unknown || (step.Table is { } used && rows.ContainsKey(used)))
            .Select(step => (step, step.Table is { } table ? rows[table] : 0))
            .ToList();
        return new(name, steps, all.Count - steps.Count);
    }
}
