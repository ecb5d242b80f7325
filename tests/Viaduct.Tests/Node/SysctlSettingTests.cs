using Viaduct.Linux;
using Viaduct.Node.Network;

namespace Viaduct.Tests.Node;

public class SysctlSettingTests
{
    private const int EACCES = 13;
    private static readonly SysctlSetting s_forward = new("net.ipv4.ip_forward", "1", "pods reach nothing but their own node without it");

    [Fact]
    public void One_that_cannot_be_set_says_why_what_to_type_and_what_follows() => Assert.Equal(
        "setting sysctl net.ipv4.ip_forward to \"1\" failed: Permission denied (EACCES). It needs root. Set it on the machine (sysctl -w net.ipv4.ip_forward=1); pods reach nothing but their own node without it.",
        s_forward.Failed(new LinuxException("setting sysctl net.ipv4.ip_forward to \"1\"", EACCES, "It needs root.")));

    [Fact]
    public void One_that_the_kernel_does_not_have_says_what_follows() =>
        Assert.Equal("this kernel does not have it; pods reach nothing but their own node without it.", s_forward.Missing());

    [Fact]
    public void One_without_consequence_threatens_with_none() => Assert.Equal("this kernel does not have it.", (s_forward with { Consequence = null }).Missing());
}
