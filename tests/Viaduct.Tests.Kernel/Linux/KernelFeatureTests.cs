using Viaduct.Linux;
using Viaduct.Linux.Features;

namespace Viaduct.Tests.Kernel.Linux;

public class KernelFeatureTests
{
    [Fact]
    public void This_kernel_has_what_a_cluster_needs()
    {
        foreach (var feature in (KernelFeature[])[.. KernelFeature.ProbeAll(), KernelFeature.ProbeNftablesNat(), KernelFeature.ProbeUserNamespaces()])
            Assert.True(feature.Available, $"{feature.Name}: {feature.Reason}");
    }

    [Fact]
    public void A_missing_feature_says_what_to_do()
    {
        var feature = KernelFeature.Try("frob", "testing", "CONFIG_FROB", "frob", () => throw new LinuxException("making a frob", 95));
        Assert.False(feature.Available);
        Assert.Equal("making a frob failed: Operation not supported (EOPNOTSUPP). This kernel may lack CONFIG_FROB: load it with \"modprobe frob\" as root, or use a kernel that has it.", feature.Reason);
        Assert.Equal($"This machine lacks frob, needed for testing: {feature.Reason}", feature.Refusal);
    }

    [Fact]
    public void What_could_not_be_tried_is_not_said_to_be_missing()
    {
        var feature = KernelFeature.Try("frob", "testing", "CONFIG_FROB", "frob", () => throw new LinuxException("making a place for it", 1, "Be root."));
        Assert.False(feature.Available);
        Assert.Equal("making a place for it failed: Operation not permitted (EPERM). Be root.", feature.Refusal);
    }
}
