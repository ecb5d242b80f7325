using System.Globalization;
using Spectre.Console;
using Viaduct.Cluster.Benchmarks.Modes;

namespace Viaduct.Cli.Output;

/// <summary>The benchmark of the modes as tables.</summary>
internal static class ModesTables
{
    public static void Write(ModesReport report)
    {
        foreach (var size in report.Sizes)
        {
            Tables.Console.WriteLine($"{size.Services} Services, {size.EndpointsPerService} endpoints each");
            WriteSpeed(size);
            WriteCost(size);
        }

        if (report.ManyConnections.Count > 0)
            WriteMany(report.ManyConnections);
        foreach (var skipped in report.Skipped)
            Tables.Console.WriteLine($"{skipped.Way} was skipped: {skipped.Reason}");
    }

    private static void WriteSpeed(SizeReport size)
    {
        var table = Tables.Create("WAY", "REQUESTS/S", "OF DIRECT", "LATENCY P50", "P90", "P99", "CONNECTIONS/S", "OF DIRECT", "P50", "P90", "P99", "FULL WRITE", "ONE CHANGE");
        foreach (var way in size.Ways)
        {
            table.AddRow(
                way.Way,
                Text($"{way.RequestsPerSecond:0}"), Text($"{way.RequestsOfDirect:0.00}"),
                Text($"{way.Latency.P50:0.0} us"), Text($"{way.Latency.P90:0.0} us"), Text($"{way.Latency.P99:0.0} us"),
                Text($"{way.ConnectionsPerSecond:0}"), Text($"{way.ConnectionsOfDirect:0.00}"),
                Text($"{way.Connection.P50:0} us"), Text($"{way.Connection.P90:0} us"), Text($"{way.Connection.P99:0} us"),
                way.FullWriteSeconds is { } write ? Text($"{write:0.000} s") : "-", way.ChangeMilliseconds is { } change ? Text($"{change:0.00} ms") : "-");
        }

        Tables.Console.Write(table);
    }

    private static void WriteCost(SizeReport size)
    {
        var table = Tables.Create("WAY", "A REQUEST: USER", "SYSTEM", "PROXY USER", "SYSTEM", "CALLS", "A CONNECTION: USER", "SYSTEM", "PROXY USER", "SYSTEM", "CALLS");
        foreach (var way in size.Ways)
            table.AddRow([way.Way, .. Cells(way.Request), .. Cells(way.PerConnection)]);
        Tables.Console.Write(table);
        Tables.Console.WriteLine();

        static string[] Cells(CpuReport cpu) =>
            [Time(cpu.MachineUser), Time(cpu.MachineSystem), Time(cpu.ProxyUser), Time(cpu.ProxySystem), cpu.ProxySystemCalls is { } calls ? Text($"{calls:0.00}") : "-"];

        static string Time(double? microseconds) => microseconds is { } value ? Text($"{value:0.0} us") : "-";
    }

    private static void WriteMany(IReadOnlyList<ManyConnectionsReport> reports)
    {
        var table = Tables.Create("WAY", "CONNECTIONS AT ONCE", "ANSWERED", "REQUESTS/S", "RESIDENT BEFORE", "WITH THEM", "A CONNECTION");
        foreach (var many in reports)
        {
            table.AddRow(
                many.Way, Text($"{many.Connections}"), Text($"{many.Answered}"), Text($"{many.RequestsPerSecond:0}"), Text($"{many.ResidentMegabytesBefore:0.0} MB"),
                Text($"{many.ResidentMegabytesWith:0.0} MB"), Text($"{many.KilobytesPerConnection:0.00} KB"));
        }

        Tables.Console.Write(table);
        Tables.Console.WriteLine();
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
