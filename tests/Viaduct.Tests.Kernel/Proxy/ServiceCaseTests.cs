using Viaduct.Proxy.Backends;
using Viaduct.Proxy.Backends.Iptables;
using Viaduct.Proxy.Model;
using Viaduct.Tests.Proxy.Cases;

namespace Viaduct.Tests.Kernel.Proxy;

/// <summary>The cases of <see cref="ServiceCases"/> with real packets through a real kernel.</summary>
public class ServiceCaseTests
{
    private static readonly Dictionary<string, (CaseNetwork Network, CaseSettings Settings)> s_settings = new[] { IPFamily.IPv4, IPFamily.IPv6 }
        .SelectMany(family => ServiceCases.All.Where(c => c.IsFor(family)).Select(c => c.Settings).Distinct(), (family, s) => (Network: new CaseNetwork(family), Settings: s))
        .ToDictionary(s => $"{s.Network.Family}, {s.Settings}", s => (s.Network, s.Settings));

    public static TheoryData<string> Settings => [.. s_settings.Keys];

    [Theory]
    [MemberData(nameof(Settings))]
    public void Connections_end_as_documented(string name) => Connect(name, ProxyMode.Nftables);

    [Theory]
    [MemberData(nameof(Settings))]
    public void Connections_through_the_userspace_proxy_end_as_documented(string name) => Connect(name, ProxyMode.Userspace);

    [Theory]
    [MemberData(nameof(Settings))]
    public void Connections_end_as_documented_through_iptables_nft(string name) => Connect(name, ProxyMode.Iptables, IptablesVariant.Nft);

    [Theory]
    [MemberData(nameof(Settings))]
    public void Connections_end_as_documented_through_iptables_legacy(string name) => Connect(name, ProxyMode.Iptables, IptablesVariant.Legacy);

    internal static void Connect(string name, ProxyMode mode, IptablesVariant? iptables = null)
    {
        var (network, settings) = s_settings[name];
        using var lab = new CaseLab(network, settings, mode, iptables);
        var wrong = new List<string>();
        foreach (var given in ServiceCases.All.Where(c => c.Settings == settings && c.IsFor(network.Family)).Select(c => c.In(mode)))
        {
            lab.Apply(network.State(given));
            var found = lab.Try(given);
            if (found != (given.Result, given.Masqueraded))
                wrong.Add($"{given}: found {found}");
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }
}
