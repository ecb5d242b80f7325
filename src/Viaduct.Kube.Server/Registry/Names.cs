using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Viaduct.Kube.Server.Registry;

/// <summary>Which names a kind allows.</summary>
internal enum NameRule
{
    /// <summary>RFC 1123 subdomain, up to 253 characters.</summary>
    Subdomain,

    /// <summary>RFC 1123 label, up to 63 characters.</summary>
    Label,

    /// <summary>RFC 1035 label, up to 63 characters, because it becomes a DNS name.</summary>
    DnsLabel,
}

/// <summary>The forms of names, labels and keys (apimachinery util/validation).</summary>
internal static partial class Names
{
    public static string? Problem(string text, NameRule rule) => rule switch
    {
        NameRule.Label => Problem(text, 63, LabelForm(),
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character"),
        NameRule.DnsLabel => Problem(text, 63, DnsLabelForm(),
            "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character"),
        _ => Problem(text, 253, SubdomainForm(),
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character"),
    };

    public static void Check(string field, string? text, NameRule rule, FieldErrors errors)
    {
        if (string.IsNullOrEmpty(text))
            errors.Required(field);
        else if (Problem(text, rule) is { } problem)
            errors.Invalid(field, text, problem);
    }

    /// <summary>Names of ports: at least one letter, no doubled or outer hyphens, up to 15 characters (RFC 6335).</summary>
    public static string? PortNameProblem(string text) =>
        text.Length > 15 ? "must be no more than 15 characters"
        : !PortNameForm().IsMatch(text) ? "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"
        : !text.Any(char.IsAsciiLetterLower) ? "must contain at least one letter (a-z)"
        : text.Contains("--", StringComparison.Ordinal) ? "must not contain consecutive hyphens"
        : text[0] == '-' || text[^1] == '-' ? "must not begin or end with a hyphen"
        : null;

    /// <summary>Labels and selectors: prefix/name keys and short values.</summary>
    public static void CheckLabels(string field, JsonObject owner, string map, FieldErrors errors)
    {
        foreach (var (key, value) in owner.Entries(map))
        {
            if (KeyProblem(key) is { } keyProblem)
                errors.Invalid(field, key, keyProblem);
            if (LabelValueProblem(value) is { } valueProblem)
                errors.Invalid(field, value, valueProblem);
        }
    }

    public static string? KeyProblem(string key)
    {
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        if (slash >= 0 && Problem(key[..slash], NameRule.Subdomain) is { } problem)
            return $"prefix part {problem}";
        return Problem(key[(slash + 1)..], 63, QualifiedNameForm(),
            "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character");
    }

    public static string? LabelValueProblem(string value) => value.Length == 0 ? null : Problem(value, 63, QualifiedNameForm(),
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character");

    private static string? Problem(string text, int length, Regex form, string sentence) =>
        text.Length > length ? $"must be no more than {length} characters" : form.IsMatch(text) ? null : sentence;

    [GeneratedRegex(@"\A[a-z0-9]([-a-z0-9]*[a-z0-9])?\z", RegexOptions.CultureInvariant)]
    private static partial Regex LabelForm();

    [GeneratedRegex(@"\A[a-z]([-a-z0-9]*[a-z0-9])?\z", RegexOptions.CultureInvariant)]
    private static partial Regex DnsLabelForm();

    [GeneratedRegex(@"\A[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\z", RegexOptions.CultureInvariant)]
    private static partial Regex SubdomainForm();

    [GeneratedRegex(@"\A([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]\z", RegexOptions.CultureInvariant)]
    private static partial Regex QualifiedNameForm();

    [GeneratedRegex(@"\A[-a-z0-9]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex PortNameForm();
}
