using System.Globalization;
using Viaduct.Cluster.Benchmarks.Load;
using Viaduct.Linux.Processes;

namespace Viaduct.Cluster.Benchmarks.Modes;

/// <summary>Many connections at once through a way that copies, each of which must be answered.</summary>
internal sealed class ManyConnections(WayToServer way, int wanted)
{
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(3);

    public async Task<ManyConnectionsReport> MeasureAsync()
    {
        // Two descriptors each, of which userspace mode takes 15/16 of what the process may have. Both ends here are two, as well.
        var count = (int)Math.Min(wanted, (DescriptorLimit.RaiseTo(4L * wanted) * 15 / 16 / 2) - 200);
        var before = Resident();
        double with = 0;
        var result = await way.Client.RunAsync(new LoadSpec(way.Name, way.Targets, count, Time, Reconnects: false) { UntilAllAnswered = true }, began: () => with = Resident());
        with = Math.Max(with, Resident());
        return new ManyConnectionsReport
        {
            Way = way.Name,
            Connections = count,
            Answered = result.AnsweredConnections,
            RequestsPerSecond = Math.Round(result.PerSecond),
            ResidentMegabytesBefore = Math.Round(before, 1),
            ResidentMegabytesWith = Math.Round(with, 1),
            KilobytesPerConnection = Math.Round((with - before) * 1024 / count, 2),
        };
    }

    private double Resident()
    {
        const string Key = "VmRSS:";
        var line = File.ReadLines($"/proc/{way.ProcessId}/status").First(l => l.StartsWith(Key, StringComparison.Ordinal));
        return long.Parse(line.AsSpan(Key.Length, line.Length - Key.Length - 3).Trim(), CultureInfo.InvariantCulture) / 1024.0;
    }
}
