using System.Globalization;
using Viaduct.Lab.Engine;
using Viaduct.Lab.Network;

namespace Viaduct.Lab.Experiments;

/// <summary>A host with a bridge 192.168.9.1 and containers at .9.2, .9.3 and so on, made before the first step.</summary>
internal sealed class BridgedContainers
{
    public BridgedContainers(LabRun lab, int count)
    {
        Host = lab.AddHost("host");
        Host.AddBridge("br0");
        Host.AddAddress("br0", "192.168.9.1/24");
        Host.SetUp("br0");
        Containers = [.. Enumerable.Range(1, count).Select(i => Connect(lab.AddHost($"container{i}"), i))];
    }

    public LabHost Host { get; }

    public IReadOnlyList<LabHost> Containers { get; }

    /// <summary>The address of a container, counted from 1.</summary>
    public static string AddressOf(int container) => string.Create(CultureInfo.InvariantCulture, $"192.168.9.{container + 1}");

    /// <summary>The hardware address of a container.</summary>
    public static string MacOf(int container) => $"02:00:00:00:09:0{container}";

    private LabHost Connect(LabHost container, int number)
    {
        Host.AddVeth($"veth{number}", "eth0", $"02:00:00:00:09:f{number}", MacOf(number), container);
        Host.SetMaster($"veth{number}", "br0");
        Host.SetUp($"veth{number}");
        container.AddAddress("eth0", $"{AddressOf(number)}/24");
        container.SetUp("eth0");
        container.AddDefaultRoute("192.168.9.1");
        return container;
    }
}
