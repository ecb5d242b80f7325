namespace Viaduct.Lab.Reports;

/// <summary>How wide a text stands in a terminal: Chinese characters take two cells (Unicode Standard Annex 11, Wide and Fullwidth).</summary>
internal static class CharacterWidth
{
    public static int Of(string text) => text.Sum(c => c is >= '\u2e80' and <= '\ua4cf' or >= '\uac00' and <= '\ud7a3' or >= '\uf900' and <= '\ufaff' or >= '\uff00' and <= '\uff60' ? 2 : 1);
}
