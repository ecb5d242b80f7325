using Microsoft.Extensions.Logging.Abstractions;
using Viaduct.Linux.Namespaces;
using Viaduct.Proxy;
using Viaduct.Proxy.Backends;
using Viaduct.Proxy.Switching;

namespace Viaduct.Tests.Kernel.Proxy.Switching;

/// <summary>The modes in a namespace of the test's.</summary>
internal sealed class ModesIn(NetNamespace ns, BackendOptions options) : IProxyModes
{
    public IReadOnlyList<ProxyMode> All { get; } = Enum.GetValues<ProxyMode>();

    /// <summary>Every change between two modes, as <c>FORMER to NEXT</c>.</summary>
    public static TheoryData<ProxyMode, ProxyMode> Pairs
    {
        get
        {
            var pairs = new TheoryData<ProxyMode, ProxyMode>();
            foreach (var former in Enum.GetValues<ProxyMode>())
            {
                foreach (var next in Enum.GetValues<ProxyMode>().Where(m => m != former))
                    pairs.Add(former, next);
            }

            return pairs;
        }
    }

    /// <summary>Skips the test if the machine cannot do one of the modes.</summary>
    public static void Require(params ReadOnlySpan<ProxyMode> modes)
    {
        using var trial = NetNamespace.Create();
        foreach (var mode in modes)
        {
            var missing = trial.Run(() => ProxyBackends.FindMissingFeatures(mode, new BackendOptions { Family = Viaduct.Proxy.Model.IPFamily.IPv4 }));
            Assert.SkipUnless(missing.Count == 0, $"This machine cannot do mode {mode.Name()}: {string.Join(' ', missing)}");
        }
    }

    public IProxyBackend Open(ProxyMode mode) => ns.Run(() => ProxyBackends.Open(mode, options, NullLogger.Instance));

    public void Remove(ProxyMode mode) => ns.Run(() => ProxyBackends.Remove(mode, options.Family));
}
