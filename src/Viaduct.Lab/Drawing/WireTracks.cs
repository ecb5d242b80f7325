namespace Viaduct.Lab.Drawing;

/// <summary>A line between two devices, and the track beneath the devices that it runs in.</summary>
internal readonly record struct Wire(int Left, int Right, int Track);

/// <summary>A bridge's line beneath its ports.</summary>
internal sealed record Bus(IReadOnlyList<int> Members, int Track);

/// <summary>Gives each line beneath the devices a track of its own where lines would lie on each other; short ones come first, so that few lines cross.</summary>
internal sealed class WireTracks
{
    private readonly List<List<(int Left, int Right)>> taken = [];

    public WireTracks(IReadOnlyList<HostColumn> hosts)
    {
        Buses = [.. hosts.SelectMany(BusesOf).Select(m => new Bus(m, Take(m.Min(), m.Max())))];
        Wires = [.. Ends(hosts).OrderBy(w => w.Right - w.Left).ThenBy(w => w.Left).Select(w => new Wire(w.Left, w.Right, Take(w.Left, w.Right)))];
    }

    public IReadOnlyList<Bus> Buses { get; }

    public IReadOnlyList<Wire> Wires { get; }

    public int Count => taken.Count;

    private static IEnumerable<List<int>> BusesOf(HostColumn host) =>
        host.Devices.Where(d => d.HasBus).Select(m => host.Devices.Where(d => d.View.Master == m.View.Name).Select(p => p.PortX).Append(m.BusX).ToList());

    private static IEnumerable<(int Left, int Right)> Ends(IReadOnlyList<HostColumn> hosts)
    {
        var devices = hosts.SelectMany(h => h.Devices).ToDictionary(d => d.Name);
        foreach (var device in devices.Values)
        {
            // A pair is told of by both its ends; a macvlan only by the upper one.
            var other = device.View.Peer ?? device.View.Lower;
            if (other is null || !devices.TryGetValue(other, out var end) || (device.View.Peer is not null && device.WireX > end.WireX))
                continue;
            yield return (Math.Min(device.WireX, end.WireX), Math.Max(device.WireX, end.WireX));
        }
    }

    private int Take(int left, int right)
    {
        var track = taken.FindIndex(spans => spans.TrueForAll(s => right < s.Left || s.Right < left));
        if (track < 0)
        {
            track = taken.Count;
            taken.Add([]);
        }

        taken[track].Add((left, right));
        return track;
    }
}
