using Microsoft.Extensions.Logging.Abstractions;
using Viaduct.Linux.Namespaces;
using Viaduct.Proxy;
using Viaduct.Proxy.Backends;
using Viaduct.Proxy.Backends.Iptables;
using Viaduct.Proxy.Switching;

namespace Viaduct.Tests.Kernel.Proxy.Switching;

/// <summary>The modes in a namespace of the test's.</summary>
internal sealed class ModesIn(NetNamespace ns, BackendOptions options) : IProxyModes
{
    private static readonly Lazy<IReadOnlyList<ProxyMode>> s_possible = new(FindPossible);

    // The kernel of user-mode Linux has no nf_tables for what iptables-nft needs; elsewhere it is the node's own variant.
    private static readonly Lazy<IptablesVariant?> s_iptables = new(() => IsPossible(ProxyMode.Iptables, null) ? null : IptablesVariant.Legacy);

    public IReadOnlyList<ProxyMode> All { get; } = Enum.GetValues<ProxyMode>();

    /// <summary>
    /// Every change between two modes that this machine can do. The kernel of a test machine may lack IPVS: user-mode Linux then has the changes from and to it.
    /// </summary>
    public static TheoryData<ProxyMode, ProxyMode> Pairs
    {
        get
        {
            var pairs = new TheoryData<ProxyMode, ProxyMode>();
            foreach (var former in s_possible.Value)
            {
                foreach (var next in s_possible.Value.Where(m => m != former))
                    pairs.Add(former, next);
            }

            return pairs;
        }
    }

    public static bool CanServe(ProxyMode mode) => s_possible.Value.Contains(mode);

    private static IReadOnlyList<ProxyMode> FindPossible() => [.. Enum.GetValues<ProxyMode>().Where(m => IsPossible(m, s_iptables.Value))];

    private static bool IsPossible(ProxyMode mode, IptablesVariant? iptables)
    {
        using var trial = NetNamespace.Create();
        var options = new BackendOptions { Family = Viaduct.Proxy.Model.IPFamily.IPv4, Iptables = iptables };
        return trial.Run(() => ProxyBackends.FindMissingFeatures(mode, options)).Count == 0;
    }

    public IProxyBackend Open(ProxyMode mode) => ns.Run(() => ProxyBackends.Open(mode, options with { Iptables = s_iptables.Value }, NullLogger.Instance));

    public void Remove(ProxyMode mode, ProxyMode serving) => ns.Run(() => ProxyBackends.Remove(mode, options.Family, (serving, options)));
}
