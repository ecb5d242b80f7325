using Viaduct.Proxy.Backends.Iptables;

namespace Viaduct.Tests.Proxy;

/// <summary>What iptables' programs are started with.</summary>
public class ProgramEnvironmentTests
{
    [Fact]
    public void Programs_have_this_processs_environment_and_the_lock_file_if_one_is_given()
    {
        var environment = ProgramEnvironment.Of(IptablesVariant.Nft, "/tmp/lock");

        Assert.Equal(Environment.GetEnvironmentVariable("PATH"), environment["PATH"]);
        Assert.Equal("/tmp/lock", environment[ProgramEnvironment.LockVariable]);
    }

    [Theory]
    [InlineData(IptablesVariant.Legacy, true)]
    [InlineData(IptablesVariant.Nft, false)]
    public void Only_the_programs_that_hold_the_whole_table_use_huge_pages(IptablesVariant variant, bool huge) =>
        Assert.Equal(huge, ProgramEnvironment.Of(variant, null).Any(v => v.Value.Contains("glibc.malloc.hugetlb=1", StringComparison.Ordinal)));
}
