using Spectre.Console;

namespace Viaduct.Cli.Output;

/// <summary>Tables as kubectl prints them: no frames, no wrapped cells, so that they can be cut and searched.</summary>
internal static class Tables
{
    /// <summary>Wider than any table: a line is a row, whatever the terminal's width.</summary>
    private const int Width = 1000;

    /// <summary>Standard output for tables, in colour only on a terminal.</summary>
    public static IAnsiConsole Console { get; } = CreateConsole(System.Console.Out);

    public static Table Create(params string[] columns)
    {
        var table = new Table { Border = TableBorder.None };
        foreach (var column in columns)
            table.AddColumn(new TableColumn(Markup.Escape(column)) { NoWrap = true, Padding = new Padding(0, 0, 3, 0) });
        return table;
    }

    /// <summary>A console that breaks no lines: a terminal does that itself, and a file wants none.</summary>
    public static IAnsiConsole CreateConsole(TextWriter writer)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });
        console.Profile.Width = Width;
        return console;
    }
}
