using Viaduct.Linux.Conntrack;
using Viaduct.Linux.Ipset;
using Viaduct.Linux.Ipvs;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Netlink;
using Viaduct.Linux.Route;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Ipvs;

/// <summary>The parts of one network namespace that ipvs mode uses: virtual services, sets, the device kube-ipvs0, settings and constant rules.</summary>
internal sealed class IpvsKernel(IpvsClient ipvs, IpsetClient sets, RouteClient route, RouteMonitor monitor, NetNamespace ns, BackendOptions options) : IDisposable
{
    /// <summary>The device that has all addresses of Services; it is kube-proxy's, which other programs know to leave alone. It stays down.</summary>
    public const string DeviceName = "kube-ipvs0";

    private readonly int prefix = options.Family == IPFamily.IPv4 ? 32 : 128;
    private readonly IReadOnlyList<RuleTable> tables = new IpvsRules(options).Tables();
    private readonly LingeringAddresses lingering = new(route, options.Family);
    private RuleLoader? loader;
    private int device;
    // As iptables-save prints them: it does not print what was written.
    private IReadOnlyList<(string Table, string Line)> rules = [];

    public IpvsClient Ipvs => ipvs;

    /// <summary>Tells of addresses that come and go.</summary>
    public RouteMonitor Monitor => monitor;

    /// <summary>The index of kube-ipvs0.</summary>
    public int Device => device;

    /// <summary>For the calling thread's network namespace.</summary>
    public static IpvsKernel Open(BackendOptions options)
    {
        // First what a kernel may lack.
        var ipvs = new IpvsClient();
        return new(ipvs, new IpsetClient(), new RouteClient(), new RouteMonitor(), NetNamespace.OpenCurrent(), options);
    }

    public void Dispose()
    {
        ipvs.Dispose();
        sets.Dispose();
        route.Dispose();
        monitor.Dispose();
        ns.Dispose();
    }

    /// <summary>Makes what does not depend on Services, as far as it is missing.</summary>
    public void Prepare()
    {
        ns.Run(() => IpvsSysctls.Apply(options.Ipvs, Environment.OSVersion.Version));
        var (tcp, tcpFin, udp) = ((uint)options.Ipvs.TcpTimeout.TotalSeconds, (uint)options.Ipvs.TcpFinTimeout.TotalSeconds, (uint)options.Ipvs.UdpTimeout.TotalSeconds);
        if ((tcp | tcpFin | udp) != 0)
            ipvs.SetTimeouts(new(tcp, tcpFin, udp));
        device = EnsureDevice();
        var there = sets.List().ToDictionary(s => s.Name);
        foreach (var spec in IpvsSets.All.Select(s => IpvsSets.Spec(s, options.Family)))
        {
            if (!there.ContainsKey(spec.Name))
                sets.Create(spec);
        }

        WriteRules(tables);
    }

    /// <summary>Whether the rules are as this mode wrote them.</summary>
    public bool HasItsRules() => loader!.Save().SequenceEqual(rules);

    /// <summary>Whether all virtual services are there and sets have as many entries as they should. Destinations, one by one, are not looked at.</summary>
    public bool Has(InstalledIpvs installed)
    {
        var services = ipvs.ListServices().Select(s => VirtualKey.Read(s.Key)).ToHashSet();
        var entries = installed.Elements.Keys.CountBy(e => IpvsSets.Name(e.Set, options.Family)).ToDictionary();
        var there = sets.List().ToDictionary(s => s.Name);
        return installed.Services.All(s => s.Value.IsForeign || services.Contains(s.Key))
            && IpvsSets.All.Select(s => IpvsSets.Name(s, options.Family)).All(s => there.TryGetValue(s, out var set) && (set.Entries is not { } count || count == entries.GetValueOrDefault(s)));
    }

    public NodeAddressBook ReadNodeAddresses() => NodeAddressBook.Read(route, options, device);

    public InstalledIpvs Read() => new IpvsReader(ipvs, sets, route, options).Read(device);

    /// <summary>Makes all changes of an edit and answers in how many steps.</summary>
    public int Commit(IpvsEdit edit)
    {
        var steps = Change(edit.AddedElements, sets.Add) + Commit(edit.Additions);
        if (edit.AddedAddresses.Count > 0)
            route.AddAddresses(Specs(edit.AddedAddresses));
        steps += Change(edit.DeletedElements, sets.Delete);
        if (edit.DeletedAddresses.Count > 0)
            route.DeleteAddresses(Specs(edit.DeletedAddresses));
        return steps + Commit(edit.Deletions) + Math.Sign(edit.AddedAddresses.Count) + Math.Sign(edit.DeletedAddresses.Count);
    }

    /// <summary>Another mode serves new connections; those that there are go on.</summary>
    public void StopTaking()
    {
        WriteRules(new IpvsRules(options).DrainingTables());
        var installed = Read();
        EndUdpFlows(Served(installed));
        lingering.Take(Specs(installed.Addresses.Keys), ReadNodeAddresses().Source);
    }

    /// <summary>This mode serves again: the addresses are all on kube-ipvs0.</summary>
    public void TakeAgain() => lingering.Remove();

    /// <summary>Whether processes of this node have connections yet that began from a Service's address.</summary>
    public bool HasConnectionsOfNode()
    {
        using var conntrack = ns.Run(() => new ConntrackClient());
        return lingering.HaveConnections(conntrack);
    }

    /// <summary>Those virtual services of this mode that are there.</summary>
    public HashSet<VirtualKey> ReadServed() => Served(Read());

    /// <summary>Whether a virtual service has established connections.</summary>
    public bool HasConnections(VirtualKey service) => ipvs.ListDestinations(service.ToServiceKey(options.Family)).Any(d => d.ActiveConnections > 0);

    /// <summary>Removes what this mode wrote for a family.</summary>
    public void Remove()
    {
        loader ??= RuleLoader.Open(ns, options.Family);
        var found = loader.Save().ToLookup(r => r.Table, r => r.Line);
        loader.Load(string.Concat(tables.Select(t => t.Remove([.. found[t.Name]]))));
        lingering.Remove();
        if (route.FindLink(DeviceName) is { } link)
            RemoveServices(link.Index);
        foreach (var set in sets.List().Where(s => IpvsSets.All.Any(ours => IpvsSets.Name(ours, options.Family) == s.Name)))
            sets.Destroy(set.Name);
    }

    private void RemoveServices(int link)
    {
        device = link;
        if (IpvsSets.All.All(s => sets.List().Any(there => there.Name == IpvsSets.Name(s, options.Family))))
        {
            var installed = Read();
            var edit = new IpvsEdit(options.Family);
            var served = Served(installed);
            new IpvsDiffer(installed, options.Ipvs, edit).RemoveUnused();
            Commit(edit);
            EndUdpFlows(served);
        }

        if (!route.ListAddresses(link).Any(a => !a.Address.IsIPv6LinkLocal))
            route.DeleteLink(link);
    }

    // IPVS sees none of their packets any more, for the addresses are gone; as long as clients go on, the kernel would take them for known and translate
    // them no more.
    private void EndUdpFlows(HashSet<VirtualKey> served)
    {
        using var conntrack = ns.Run(() => new ConntrackClient());
        foreach (var flow in conntrack.List(new ConntrackFilter(options.Family.ToAddressFamily(), (byte)TransportProtocol.Udp)))
        {
            var target = flow.Original.Destination;
            if (served.Contains(VirtualKey.On(PackedAddress.From(target.Address), TransportProtocol.Udp, (ushort)target.Port)))
                conntrack.Delete(flow);
        }
    }

    private int EnsureDevice()
    {
        if (route.FindLink(DeviceName) is { } link)
            return link.Index;
        try
        {
            route.AddLink(new PlainLinkSpec("dummy") { Name = DeviceName });
        }
        catch (NetlinkException e) when (e.IsAlreadyExists)
        {
            // The proxy of the other family was faster.
        }

        return route.GetLink(DeviceName).Index;
    }

    private void WriteRules(IEnumerable<RuleTable> written)
    {
        loader ??= RuleLoader.Open(ns, options.Family);
        var found = loader.Save().ToLookup(r => r.Table, r => r.Line);
        loader.Load(string.Concat(written.Select(t => t.Write(found[t.Name]))));
        rules = loader.Save();
    }

    private int Change(Dictionary<IpvsSet, List<(SetElement Element, uint Mark)>> changes, Action<string, IReadOnlyList<IpsetEntry>> change)
    {
        foreach (var set in IpvsSets.All)
        {
            if (changes.TryGetValue(set, out var elements))
                change(IpvsSets.Name(set, options.Family), elements.ConvertAll(e => e.Element.ToEntry(e.Mark)));
        }

        return changes.Count;
    }

    private int Commit(IpvsBatch batch)
    {
        ipvs.Commit(batch);
        return Math.Sign(batch.Count);
    }

    private static HashSet<VirtualKey> Served(InstalledIpvs installed) => [.. installed.Services.Where(s => !s.Value.IsForeign).Select(s => s.Key)];

    private AddressSpec[] Specs(IEnumerable<PackedAddress> addresses) =>
        [.. addresses.Select(a => new AddressSpec { LinkIndex = device, Address = a.ToIPAddress(), PrefixLength = prefix, SkipsDuplicateDetection = true })];
}
