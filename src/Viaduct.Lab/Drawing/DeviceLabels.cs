using System.Net.Sockets;

namespace Viaduct.Lab.Drawing;

/// <summary>
/// The lines above a device's name: its addresses, as short as the picture allows. When all IPv4 addresses begin alike, that beginning is left out, as
/// in <c>.3.21</c> for 192.168.3.21.
/// </summary>
internal sealed class DeviceLabels
{
    public DeviceLabels(NetworkView view)
    {
        var beginnings = view.Namespaces.SelectMany(n => n.Devices).SelectMany(d => d.Addresses).Where(IsIPv4).Select(Beginning).ToList();
        CommonBeginning = beginnings.Count > 1 && beginnings.Distinct().Count() == 1 ? beginnings[0] : null;
    }

    /// <summary>What is left out, such as <c>192.168</c>; null when nothing is.</summary>
    public string? CommonBeginning { get; }

    public IReadOnlyList<string> Of(DeviceView device)
    {
        var lines = device.Addresses.Select(Short).ToList();
        if (device.Count > 1 && lines.Count == 2)
            lines.Insert(1, "...");
        if (!device.IsUp)
            lines.Add("down");
        return lines;
    }

    private static bool IsIPv4(AddressView address) => address.Address.AddressFamily == AddressFamily.InterNetwork;

    private static string Beginning(AddressView address) => string.Join('.', address.Address.GetAddressBytes().Take(2));

    private string Short(AddressView address)
    {
        var text = address.Address.ToString();
        return CommonBeginning is { } common && IsIPv4(address) ? text[common.Length..] : text;
    }
}
