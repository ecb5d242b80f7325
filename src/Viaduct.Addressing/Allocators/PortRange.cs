using System.Globalization;

namespace Viaduct.Addressing;

/// <summary>A range of ports, both ends included.</summary>
public readonly record struct PortRange(int First, int Last)
{
    /// <summary>30000-32767, the default range of node ports.</summary>
    public static PortRange NodePorts { get; } = new(30000, 32767);

    public int Size => Last - First + 1;

    public bool Contains(int port) => port >= First && port <= Last;

    /// <summary>Parses <c>30000-32767</c>.</summary>
    /// <exception cref="AddressingException">A sentence that names the field.</exception>
    public static PortRange Parse(string text, string field)
    {
        if (text.Split('-') is [var from, var to] && Port(from) is { } first && Port(to) is { } last && first <= last)
            return new PortRange(first, last);
        throw new AddressingException($"{field}: \"{text}\" is not a range of ports such as 30000-32767");
    }

    public override string ToString() => $"{First}-{Last}";

    private static int? Port(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is >= 1 and <= 65535 ? port : null;
}
