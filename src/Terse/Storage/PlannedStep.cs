using System.Text.RegularExpressions;

namespace Terse.Storage;

/// <summary>How much of a table a statement has to read or write.</summary>
internal enum StepWork
{
    /// <summary>Changes the catalog alone, whatever the size of the table is.</summary>
    Catalog,

    /// <summary>Reads every row.</summary>
    Read,

    /// <summary>Reads every row, and builds an index.</summary>
    Index,

    /// <summary>May write every row.</summary>
    Write,

    /// <summary>The text of the statement does not tell.</summary>
    Unknown,
}

/// <summary>
/// What one statement of a migration does to a table: a summary of
/// https://www.postgresql.org/docs/15/explicit-locking.html for the statements that migrations use.
/// </summary>
/// <param name="Statement">The statement, on one line.</param>
/// <param name="Table">The table; null if the statement uses no table that exists before.</param>
/// <param name="Lock">The lock on the table in PostgreSQL; null without a table.</param>
/// <param name="Blocks">What other transactions cannot do to the table until the migration ends.</param>
/// <param name="Work">How much of the table the statement reads or writes.</param>
internal sealed partial record PlannedStep(
    string Statement, string? Table, string? Lock, string Blocks, StepWork Work)
{
    private const string Everything = "reads and writes";
    private const string Writes = "writes";
    private const string Nothing = "nothing";

    public static PlannedStep Of(string statement)
    {
        var match = Form.Match(statement);
        var table = match.Groups["table"] is { Success: true } group ? group.Value : null;
        PlannedStep Step(string held, string blocks, StepWork work) =>
            new(statement, table, held, blocks, work);
        return match.Groups["kind"].Value.ToUpperInvariant() switch
        {
            "ALTER TABLE" => Step(
                "ACCESS EXCLUSIVE",
                Everything,
                ReadsRows.IsMatch(statement) ? StepWork.Read : StepWork.Catalog),
            "DROP TABLE" => Step("ACCESS EXCLUSIVE", Everything, StepWork.Catalog),
            "INDEX" => Step("SHARE", Writes, StepWork.Index),
            "TRIGGER" => Step("SHARE ROW EXCLUSIVE", Writes, StepWork.Catalog),
            "UPDATE" or "DELETE FROM" => Step("ROW EXCLUSIVE", Nothing, StepWork.Write),
            "INSERT INTO" => Step("ROW EXCLUSIVE", Nothing, StepWork.Catalog),
            "LOCK TABLE" => Step(match.Groups["mode"].Value, Everything, StepWork.Catalog),
            _ => new(
                statement,
                Table: null,
                Lock: null,
                Nothing,
                Known.IsMatch(statement) ? StepWork.Catalog : StepWork.Unknown),
        };
    }

    /// <summary>The forms of a statement that lock a table which other transactions may use.</summary>
    [GeneratedRegex(
        """
        \A(?:
            (?<kind>ALTER\ TABLE|DROP\ TABLE|UPDATE|DELETE\ FROM|INSERT\ INTO)
                \ (?:IF\ EXISTS\ )?(?:ONLY\ )?(?<table>\w+)
            |(?<kind>LOCK\ TABLE)\ (?<table>\w+)\ IN\ (?<mode>[A-Z\ ]+)\ MODE
            |CREATE\ (?:UNIQUE\ )?(?<kind>INDEX)\ .*?\bON\ (?<table>\w+)
            |CREATE\ (?:OR\ REPLACE\ )?(?:CONSTRAINT\ )?(?<kind>TRIGGER)\ .*?\bON\ (?<table>\w+)
        )
        """,
        RegexOptions.ExplicitCapture | RegexOptions.IgnorePatternWhitespace,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Form { get; }

    /// <summary>The parts of ALTER TABLE for which PostgreSQL reads or rewrites the table.</summary>
    [GeneratedRegex(
        @"SET NOT NULL|\bTYPE\b|ADD (CONSTRAINT|PRIMARY KEY|UNIQUE|CHECK|FOREIGN KEY)|VALIDATE|ATTACH",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex ReadsRows { get; }

    /// <summary>Statements that use no table of other transactions.</summary>
    [GeneratedRegex(
        @"\A(CREATE|SET|DROP (FUNCTION|TRIGGER|VIEW|INDEX)|COMMENT|PRAGMA)\b",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Known { get; }
}
