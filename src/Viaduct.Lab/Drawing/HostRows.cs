namespace Viaduct.Lab.Drawing;

/// <summary>The rows of all hosts of a picture: each has the same, so that wires are level.</summary>
/// <param name="LabelLines">Lines for the addresses of a device.</param>
/// <param name="Tracks">Rows for wires beneath the devices.</param>
internal sealed record HostRows(int LabelLines, int Tracks)
{
    public const int Title = 1;
    public const int StackTop = 3;

    /// <summary>The dotted line, an arrow above and below it.</summary>
    public const int Border = StackTop + 4;

    public const int LabelTop = Border + 2;

    /// <summary>The name's box shares its upper line with the addresses' box.</summary>
    public int NameTop => LabelTop + LabelLines + 1;

    public int DevicesBottom => NameTop + 2;

    public int Bottom => DevicesBottom + 2 + (Tracks == 0 ? 1 : 2 * Tracks);

    /// <summary>The row of a track: every second one, for an arrow above the first and room between.</summary>
    public int Track(int track) => DevicesBottom + 2 + 2 * track;
}
