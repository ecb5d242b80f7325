using Viaduct.Linux.Ipset;
using Viaduct.Linux.Ipvs;
using Viaduct.Linux.Route;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Ipvs;

/// <summary>Reads back what an earlier proxy left, so that only the difference is written.</summary>
internal sealed class IpvsReader(IpvsClient ipvs, IpsetClient sets, RouteClient route, BackendOptions options)
{
    private readonly InstalledIpvs installed = new();

    /// <param name="dummy">The index of kube-ipvs0.</param>
    public InstalledIpvs Read(int dummy)
    {
        foreach (var set in IpvsSets.All)
            ReadSet(set);
        foreach (var address in route.ListAddresses(dummy).Select(a => a.Address).Where(a => a.AddressFamily == options.Family.ToAddressFamily() && !a.IsIPv6LinkLocal))
            installed.Addresses[PackedAddress.From(address)] = 0;
        foreach (var service in ipvs.ListServices().Where(s => s.Key.Family == options.Family.ToAddressFamily()))
            ReadService(service);
        return installed;
    }

    private void ReadSet(IpvsSet set)
    {
        foreach (var entry in sets.ListEntries(IpvsSets.Name(set, options.Family)))
        {
            var element = SetElement.Read(set, entry);
            installed.Elements[element] = (0, entry.Mark ?? 0);
            if (entry.Mark is { } mark)
                installed.Marks.Found(VirtualKey.On(element.Address, element.Protocol, element.Port), mark);
        }
    }

    private void ReadService(VirtualServiceInfo info)
    {
        var key = VirtualKey.Read(info.Key);
        var service = new InstalledService
        {
            IsForeign = !IsOurs(info.Key, key),
            Protocol = key.Protocol,
            AffinitySeconds = (int)(info.PersistenceSeconds ?? 0),
        };
        service.IsAsConfigured = info.Is(IpvsDiffer.SpecOf(info.Key, service.AffinitySeconds, options.Ipvs));
        ReadDestinations(info.Key, key, service);
        installed.Services[key] = service;
    }

    private void ReadDestinations(VirtualServiceKey service, VirtualKey key, InstalledService into)
    {
        var endpoints = new List<EndpointAddress>();
        foreach (var destination in ipvs.ListDestinations(service))
        {
            var endpoint = new EndpointAddress(PackedAddress.From(destination.Address), destination.Port);
            if (destination is { Weight: 1, Forwarding: ForwardingMethod.Masquerade })
                endpoints.Add(endpoint);
            else
                (into.Leaving ??= []).Add(endpoint);
        }

        endpoints.Sort();
        into.Endpoints = endpoints;
        if (into.Leaving is not null)
            installed.WithLeaving.Add(key);
    }

    private bool IsOurs(VirtualServiceKey service, VirtualKey key)
    {
        if (service.Address is not { } address)
            return FirewallMarks.IsOurs(key.Mark);
        return !options.Ipvs.ExcludeCidrs.Any(n => n.Contains(address))
            && (installed.Addresses.ContainsKey(key.Address) || s_frontendSets.Any(s => installed.Elements.ContainsKey(SetElement.Of(s, key))));
    }

    // A virtual service is in one of these as long as it is there.
    private static readonly IpvsSet[] s_frontendSets = [IpvsSet.ClusterIP, IpvsSet.External, IpvsSet.ExternalLocal, IpvsSet.Drop, IpvsSet.Refuse];
}
