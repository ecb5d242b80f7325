using Viaduct.Linux.Features;

namespace Viaduct.Tests.Linux;

public class UserNamespaceAdviceTests
{
    [Theory]
    [InlineData("user.max_user_namespaces", "0", "max_user_namespaces=10000")]
    [InlineData("kernel.unprivileged_userns_clone", "0", "unprivileged_userns_clone=1")]
    [InlineData("kernel.apparmor_restrict_unprivileged_userns", "1", "apparmor_restrict_unprivileged_userns=0")]
    [InlineData("kernel.unprivileged_userns_clone", "1", "container runtime")]
    public void The_switch_that_forbids_user_namespaces_is_named(string sysctl, string value, string advice) =>
        Assert.Contains(advice, KernelFeature.ExplainUserNamespaces(name => name == sysctl, _ => value, "unshare failed: Operation not permitted"), StringComparison.Ordinal);
}
