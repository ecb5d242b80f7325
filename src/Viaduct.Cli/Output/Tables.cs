using Spectre.Console;

namespace Viaduct.Cli.Output;

/// <summary>Tables as kubectl prints them: no frames, so that they can be cut and searched.</summary>
internal static class Tables
{
    public static Table Create(params string[] columns)
    {
        var table = new Table { Border = TableBorder.None };
        foreach (var column in columns)
            table.AddColumn(new TableColumn(Markup.Escape(column)) { NoWrap = true, Padding = new Padding(0, 0, 3, 0) });
        return table;
    }
}
