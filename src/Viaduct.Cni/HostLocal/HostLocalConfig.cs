using System.Net;
using Viaduct.Cni.Dispatch;
using Viaduct.Cni.Types;

namespace Viaduct.Cni.HostLocal;

/// <summary>The object <c>ipam</c> with type host-local: one address out of each set of ranges.</summary>
internal sealed record HostLocalConfig
{
    private const string DefaultDataDirectory = "/var/lib/cni/networks";

    public required IReadOnlyList<IReadOnlyList<AddressRange>> RangeSets { get; init; }

    public required IReadOnlyList<CniRoute> Routes { get; init; }

    public required string DataDirectory { get; init; }

    public required IReadOnlyList<IPAddress> RequestedAddresses { get; init; }

    /// <summary>Where the reservations of the request's network lie.</summary>
    public required string NetworkDirectory { get; init; }

    public static HostLocalConfig Read(CniRequest request)
    {
        var ipam = request.Config.Section("ipam");
        var type = ipam.Text("type") ?? "";
        if (type != "host-local")
            throw CniException.Unsupported("ipam.type", $"\"{type}\"", "Use \"host-local\", which is built in.");
        ipam.RefuseUnsupported("resolvConf", "Put the settings into the key dns instead.");
        request.Config.Section("runtimeConfig").RefuseUnsupported("ipRanges", "Configure ipam.ranges instead.");
        var sets = ReadRangeSets(ipam);
        var directory = ipam.Text("dataDir") is { Length: > 0 } configured ? configured : DefaultDataDirectory;
        return new HostLocalConfig
        {
            RangeSets = sets,
            Routes = [.. ipam.Sections("routes").Select(ReadRoute)],
            DataDirectory = directory,
            NetworkDirectory = Path.Combine(directory, request.Network),
            RequestedAddresses = ReadRequested(request, sets),
        };
    }

    private static List<IReadOnlyList<AddressRange>> ReadRangeSets(ConfigReader ipam)
    {
        var sets = new List<IReadOnlyList<AddressRange>>();
        // The older flat form comes first, as in the reference plugin.
        if (ipam.Has("subnet"))
            sets.Add([AddressRange.Read(ipam)]);
        foreach (var ranges in ipam.SectionLists("ranges"))
            sets.Add(ReadRangeSet(ranges));
        if (sets.Count == 0)
            throw CniException.InvalidConfiguration("no IP ranges specified: set ipam.subnet or ipam.ranges");
        CheckOverlaps([.. sets.SelectMany(set => set)]);
        return sets;
    }

    private static AddressRange[] ReadRangeSet(IReadOnlyList<ConfigReader> ranges)
    {
        if (ranges.Count == 0)
            throw CniException.InvalidConfiguration("ipam.ranges holds an empty range set");
        AddressRange[] set = [.. ranges.Select(AddressRange.Read)];
        // A pod gets one address of a set: which family that is must not depend on what is free.
        return set.Select(range => range.Subnet.BaseAddress.AddressFamily).Distinct().Count() == 1
            ? set
            : throw CniException.InvalidConfiguration($"ipam.ranges: the range set {string.Join(", ", set.Select(r => r.Subnet))} mixes IPv4 and IPv6; give each family a set of its own");
    }

    private static void CheckOverlaps(List<AddressRange> ranges)
    {
        for (var i = 0; i < ranges.Count; i++)
        {
            for (var j = 0; j < i; j++)
            {
                if (ranges[i].Overlaps(ranges[j]))
                    throw CniException.InvalidConfiguration($"ipam: subnets {ranges[j].Subnet} and {ranges[i].Subnet} overlap");
            }
        }
    }

    private static CniRoute ReadRoute(ConfigReader route) => new(
        route.Network("dst") ?? throw CniException.InvalidConfiguration($"{route.PathOf("dst")} is missing"),
        route.Address("gw"));

    // CNI CONVENTIONS: runtimeConfig.ips, args.cni.ips and CNI_ARGS ask for addresses; the first that is there counts.
    private static List<IPAddress> ReadRequested(CniRequest request, List<IReadOnlyList<AddressRange>> sets)
    {
        var runtime = request.Config.Section("runtimeConfig");
        var arguments = request.Config.Section("args").Section("cni");
        var (texts, path) = runtime.Has("ips") ? (runtime.Texts("ips"), "runtimeConfig.ips") : (arguments.Texts("ips"), "args.cni.ips");
        var requested = texts.Select(text => ConfigReader.ParseAddress(text.Split('/')[0], path)).ToList();
        if (requested.Count == 0 && request.Arguments.Address is { } address)
            requested.Add(ConfigReader.ParseAddress(address.ToString(), "CNI_ARGS IP"));
        foreach (var wanted in requested)
        {
            if (sets.SelectMany(set => set).Any(range => range.GatewayAddress.Equals(wanted)))
                throw CniException.InvalidConfiguration($"requested address {wanted} is the subnet's gateway");
            if (!sets.Any(set => set.Any(range => range.Contains(wanted))))
                throw CniException.InvalidConfiguration($"requested address {wanted} is in none of the ranges {string.Join(", ", sets.SelectMany(set => set))}");
        }
        return requested;
    }
}
