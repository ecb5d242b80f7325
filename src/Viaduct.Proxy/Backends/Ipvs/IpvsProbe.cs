using System.Net;
using Viaduct.Linux;
using Viaduct.Linux.Ipset;
using Viaduct.Linux.Ipvs;
using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Netlink;
using Viaduct.Linux.Route;
using Viaduct.Proxy.Model;

namespace Viaduct.Proxy.Backends.Ipvs;

/// <summary>Tries what ipvs mode needs in a network namespace of its own, which is gone afterwards.</summary>
internal static class IpvsProbe
{
    private const string ProbeLink = "viaduct-probe", ProbeSet = "VIADUCT-PROBE";

    public static IReadOnlyList<string> FindMissing(IPFamily family, IpvsSettings settings)
    {
        using var ns = NetNamespace.Create();
        return ns.Run(() => Parts(family, settings).Select(p => Refuses(p.Try) is { } error ? Sentence(error, p.Explain) : null).OfType<string>().Take(1).ToList());
    }

    // The first that is missing explains those after it.
    private static IEnumerable<(Action Try, Func<string, string> Explain)> Parts(IPFamily family, IpvsSettings settings)
    {
        yield return (() => new IpvsClient().Dispose(), error => $"The kernel has no IPVS ({error}): as root, run \"modprobe ip_vs\", or take another proxy mode.");
        yield return (
            () => TryScheduler(family, settings.Scheduler),
            error => $"The kernel's IPVS has no scheduler \"{settings.Scheduler}\" ({error}): as root, run \"modprobe ip_vs_{settings.Scheduler}\", or choose another one with ipvs.scheduler (--ipvs-scheduler).");
        yield return (TryDummy, error => $"The kernel has no dummy devices ({error}): as root, run \"modprobe dummy\", or take another proxy mode.");
        yield return (
            () => TrySets(family), error => $"The kernel has no IP sets ({error}): as root, run \"modprobe -a xt_set ip_set_hash_ip ip_set_hash_ipport ip_set_hash_ipportip ip_set_hash_ipportnet ip_set_hash_net\", or take another proxy mode.");
        yield return (() => TryRules(family), error => $"{error}.");
    }

    /// <summary>What is missing, and what to do; a kernel that has it may still not let this process use it.</summary>
    internal static string Sentence(Exception error, Func<string, string> explain)
    {
        var message = error.Message.TrimEnd('.');
        return error is NetlinkException { IsPermissionDenied: true } or LinuxException { IsPermissionDenied: true }
            ? $"This process may not do what ipvs mode needs ({message}): elder kernels, as Linux 6.1, let only the machine's own root change IPVS, not the root of a user namespace; run it as root, or take another proxy mode."
            : explain(message);
    }

    private static Exception? Refuses(Action attempt)
    {
        try
        {
            attempt();
            return null;
        }
        catch (Exception e) when (e is NetlinkException or LinuxException or RuleException)
        {
            return e;
        }
    }

    private static void TryScheduler(IPFamily family, string scheduler)
    {
        using var ipvs = new IpvsClient();
        var address = IPAddress.Parse(family == IPFamily.IPv4 ? "198.51.100.0" : "2001:db8::");
        ipvs.Commit(new IpvsBatch().AddService(new() { Key = VirtualServiceKey.On(6, address, 20000), Scheduler = scheduler }));
    }

    private static void TryDummy()
    {
        using var route = new RouteClient();
        route.AddLink(new PlainLinkSpec("dummy") { Name = ProbeLink });
    }

    private static void TrySets(IPFamily family)
    {
        using var sets = new IpsetClient();
        foreach (var spec in IpvsSets.All.Select(s => IpvsSets.Spec(s, family)).DistinctBy(s => (s.Type, s.HasMarks)))
        {
            sets.Create(spec with { Name = ProbeSet });
            sets.Destroy(ProbeSet);
        }
    }

    private static void TryRules(IPFamily family)
    {
        using var kernel = IpvsKernel.Open(new BackendOptions { Family = family });
        kernel.Prepare();
    }
}
