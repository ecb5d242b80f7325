using Viaduct.Linux.Ipvs;
using Viaduct.Linux.Netlink;

namespace Viaduct.Tests.Kernel.Ipvs;

/// <summary>These tests run where the kernel has IPVS; ./test boots user-mode Linux for them.</summary>
internal static class NeedsIpvs
{
    private static readonly Lazy<string?> s_missing = new(Find);

    public static void OrSkip() => Assert.SkipWhen(s_missing.Value is not null, $"no IPVS here ({s_missing.Value}); run ./test or eng/run-in-uml");

    private static string? Find()
    {
        try
        {
            new IpvsClient().Dispose();
            return null;
        }
        catch (NetlinkException e) when (e.IsNotFound)
        {
            return e.Message;
        }
    }
}
