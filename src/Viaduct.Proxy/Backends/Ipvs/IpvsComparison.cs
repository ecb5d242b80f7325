using Viaduct.Linux.Ipvs;
using Viaduct.Proxy.Inspection;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Ipvs;

/// <summary>Lays what a Service port should have in IPVS, in the sets and on kube-ipvs0 beside what is there.</summary>
internal sealed class IpvsComparison(IpvsKernel kernel, BackendOptions options)
{
    // Read from the kernel, marks included: what the backend remembers may be what is wrong.
    private readonly InstalledIpvs installed = kernel.Read();
    private readonly NodeAddressBook addresses = kernel.ReadNodeAddresses();

    public IEnumerable<KernelItem> Items(ProxyState desired, ServicePortState port)
    {
        var planner = new FrontendPlanner(addresses, installed.Marks);
        var frontends = port.Frontends.Select(f => f.Frontend).Where(f => desired.Serving(f)?.Port.Name == port.Name);
        var plans = frontends.Select(f => planner.Plan(desired, f)).ToList();
        return
        [
            .. plans.SelectMany(p => p.Services).SelectMany(Service),
            .. plans.SelectMany(p => p.Elements).DistinctBy(e => e.Element).OrderBy(e => e.Element.Set).Select(e => Element(e.Element, e.Mark)),
            .. plans.Select(p => p.Address).Where(a => !a.IsNone).Distinct().Select(a => Item($"address on {IpvsKernel.DeviceName}", a.ToString(), installed.Addresses.ContainsKey(a))),
        ];
    }

    private IEnumerable<KernelItem> Service(PlannedService planned)
    {
        var key = planned.Key.ToServiceKey(options.Family);
        var wanted = IpvsDiffer.SpecOf(key, planned.AffinitySeconds, options.Ipvs);
        var found = kernel.Ipvs.FindService(key);
        yield return new($"virtual service {key}", Text(wanted.Scheduler, wanted.PersistenceSeconds), found is null ? null : Text(found.Scheduler, found.PersistenceSeconds));
        var destinations = found is null ? [] : kernel.Ipvs.ListDestinations(key).ToDictionary(d => new EndpointAddress(PackedAddress.From(d.Address), d.Port));
        foreach (var endpoint in planned.Endpoints.Select(e => e.Target).Union(destinations.Keys))
        {
            var destination = destinations.GetValueOrDefault(endpoint);
            yield return Destination(key, endpoint, planned.Endpoints.Any(e => e.Target == endpoint), destination);
            if (destination is null)
                continue;
            yield return KernelItem.Counted($"connections to {endpoint}", destination.ActiveConnections + destination.InactiveConnections);
            if (planned.AffinitySeconds > 0)
                yield return KernelItem.Counted($"clients that stay with {endpoint}", destination.PersistentConnections);
        }
    }

    // With weight 0 an endpoint that left keeps the connections that it has.
    private static KernelItem Destination(VirtualServiceKey key, EndpointAddress endpoint, bool isWanted, DestinationInfo? found) =>
        found is { Weight: 0 } && !isWanted
            ? new($"endpoint of {key}", null, $"{endpoint}, which leaves") { IsOneSided = true }
            : new($"endpoint of {key}", isWanted ? $"{endpoint}" : null, found is null ? null : found is { Weight: 1, Forwarding: ForwardingMethod.Masquerade } ? $"{endpoint}" : $"{endpoint}, {found.Forwarding}, weight {found.Weight}");

    private KernelItem Element(SetElement element, uint mark)
    {
        var isThere = installed.Elements.TryGetValue(element, out var found);
        var name = IpvsSets.Name(element.Set, options.Family);
        return new($"set {name}", Text(element, mark), isThere ? Text(element, found.Mark) : null);
    }

    private static KernelItem Item(string what, string value, bool isThere) => new(what, value, isThere ? value : null);

    private static string Text(SetElement element, uint mark) => mark == 0 ? $"{element}" : $"{element} mark 0x{mark:x}";

    private static string Text(string? scheduler, uint? seconds) => seconds is > 0 ? $"{scheduler}, affinity of {seconds} s" : $"{scheduler}";
}
