using Viaduct.Linux.Namespaces;
using Viaduct.Linux.Sysctls;

namespace Viaduct.Tests.Kernel.Lab;

/// <summary>What is often told otherwise of namespaces; see docs/kernel/links-and-namespaces.md.</summary>
public class NamespaceFactsTests
{
    // Only the machine's first namespace has it.
    private const string Inheritance = "net.core.devconf_inherit_init_net";

    private const string Setting = "net.ipv4.conf.default.arp_ignore";

    [Fact]
    public void A_new_namespace_has_the_IPv4_settings_of_the_machines_first_one_and_not_its_makers()
    {
        var isFirst = Sysctl.Exists(Inheritance);
        Assert.SkipUnless(!isFirst || Sysctl.Read(Inheritance) == "0", "this machine is set to do otherwise");
        var settings = new[] { "2", "8" }.Select(SettingOfOneMadeBy).ToList();
        Assert.Equal(settings[0], settings[1]);
        if (isFirst)
            Assert.Equal(Sysctl.Read(Setting), settings[0]);
    }

    private static string SettingOfOneMadeBy(string makers)
    {
        using var maker = NetNamespace.Create();
        return maker.Run(() =>
        {
            Sysctl.Write(Setting, makers);
            using var made = NetNamespace.Create();
            return made.Run(() => Sysctl.Read(Setting));
        });
    }
}
