using Viaduct.Linux.Ipvs;
using Viaduct.Linux.Netlink;
using Viaduct.Proxy;
using Viaduct.Proxy.Backends;
using Viaduct.Proxy.Model;

namespace Viaduct.Tests.Kernel.Proxy;

public class MissingIpvsTests
{
    [Fact]
    public void A_kernel_without_ipvs_says_in_one_sentence_what_to_do()
    {
        Assert.SkipWhen(HasIpvs(), "this kernel has IPVS");
        var missing = Assert.Single(ProxyBackends.FindMissingFeatures(ProxyMode.Ipvs, new BackendOptions { Family = IPFamily.IPv4 }));
        Assert.Matches("^The kernel has no IPVS \\(.+ENOENT.*\\): as root, run \"modprobe ip_vs\", or take another proxy mode\\.$", missing);
        Assert.Throws<NetlinkException>(() => ProxyBackends.Open(ProxyMode.Ipvs, new BackendOptions { Family = IPFamily.IPv4 }, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance));
        ProxyBackends.Remove(ProxyMode.Ipvs, IPFamily.IPv4);
    }

    private static bool HasIpvs()
    {
        try
        {
            new IpvsClient().Dispose();
            return true;
        }
        catch (NetlinkException e) when (e.IsNotFound)
        {
            return false;
        }
    }
}
