using System.Text;

namespace Viaduct.Node.Containers;

/// <summary>
/// <c>$(NAME)</c> in commands, arguments and environment values: replaced when the variable is known, left as it stands
/// otherwise; <c>$$(NAME)</c> stands for a literal <c>$(NAME)</c> (Kubernetes API, Container.command).
/// </summary>
internal static class VariableExpansion
{
    public static string Expand(string text, Func<string, string?> lookup)
    {
        if (!text.Contains('$', StringComparison.Ordinal))
            return text;
        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
            i = text[i] == '$' ? ExpandAt(text, i, lookup, result) : Copy(text, i, result);
        return result.ToString();
    }

    private static int Copy(string text, int at, StringBuilder result)
    {
        result.Append(text[at]);
        return at;
    }

    /// <summary>Handles the dollar sign at <paramref name="at"/>; returns the index of the last character consumed.</summary>
    private static int ExpandAt(string text, int at, Func<string, string?> lookup, StringBuilder result)
    {
        if (at + 1 < text.Length && text[at + 1] == '$')
        {
            result.Append('$');
            return at + 1;
        }

        var end = at + 1 < text.Length && text[at + 1] == '(' ? text.IndexOf(')', at + 2) : -1;
        if (end < 0)
            return Copy(text, at, result);
        result.Append(lookup(text[(at + 2)..end]) ?? text[at..(end + 1)]);
        return end;
    }
}
