using Viaduct.Linux.Netlink;
using Viaduct.Proxy.Backends.Ipvs;

namespace Viaduct.Tests.Proxy;

public class IpvsProbeTests
{
    private const int OperationNotPermitted = 1, NoSuchFile = 2;

    // Seen in user-mode Linux 6.1 as an ordinary user, who was told to load a module that was there.
    [Fact]
    public void Who_may_not_change_IPVS_is_not_told_to_load_a_module()
    {
        var sentence = IpvsProbe.Sentence(new NetlinkException("changing IPVS", OperationNotPermitted), error => $"modprobe: {error}");
        Assert.Contains("Operation not permitted", sentence, StringComparison.Ordinal);
        Assert.Contains("run it as root", sentence, StringComparison.Ordinal);
        Assert.DoesNotContain("modprobe", sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_kernel_lacks_is_told_as_such() =>
        Assert.StartsWith("modprobe: changing IPVS", IpvsProbe.Sentence(new NetlinkException("changing IPVS", NoSuchFile), error => $"modprobe: {error}"), StringComparison.Ordinal);
}
