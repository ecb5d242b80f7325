namespace Viaduct.Lab.Drawing;

/// <summary>
/// Makes names fit to be shown. Whoever makes a device in a namespace of his own may call it anything without blanks, slashes and colons
/// (dev_valid_name() in net/core/dev.c): also what moves a terminal's cursor, and what XML forbids.
/// </summary>
internal static class Printable
{
    public static string Of(string text) => string.Create(text.Length, text, (shown, from) =>
    {
        for (var i = 0; i < from.Length; i++)
            shown[i] = char.IsControl(from[i]) || from[i] >= '\uFFFE' ? '?' : from[i];
    });
}
