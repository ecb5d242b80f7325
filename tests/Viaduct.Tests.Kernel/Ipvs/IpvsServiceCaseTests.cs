using Viaduct.Proxy.Backends;
using Viaduct.Tests.Kernel.Proxy;

namespace Viaduct.Tests.Kernel.Ipvs;

/// <summary>The cases of <see cref="ServiceCaseTests"/> in ipvs mode.</summary>
public class IpvsServiceCaseTests
{
    public static TheoryData<string> Settings => ServiceCaseTests.Settings;

    [Theory]
    [MemberData(nameof(Settings))]
    public void Connections_end_as_documented(string name)
    {
        NeedsIpvs.OrSkip();
        ServiceCaseTests.Connect(name, ProxyMode.Ipvs);
    }
}
