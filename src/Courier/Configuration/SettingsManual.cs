using System.Text;

namespace Courier.Configuration;

/// <summary>The manual of courier.conf, printed from the table of settings so that it cannot go stale.</summary>
internal static class SettingsManual
{
    internal static string Render()
    {
        var text = new StringBuilder("""
            # courier.conf

            Printed by `courier config reference` from the table of settings; a test fails when this page and the table differ.

            Sections in brackets, `key = value`, comments from `#`, `include = FILE` (relative to the file that says so). A value in
            double quotes keeps `#` and blanks. Unknown sections and keys are errors, and all problems are reported at once with file
            and line. Later values win: this file, then the environment (`COURIER_SECTION__KEY`), then `--set section.key=value`.

            A section with a condition holds for some contexts only: `[limits @ listener submission]`, `[server @ address 192.0.2.1]`,
            `[limits @ domain example.org]`. Keys marked *contextual* may stand there.

            """);
        foreach (var section in SettingTable.All.GroupBy(setting => setting.Section))
        {
            text.Append("\n## [").Append(section.Key).Append("]\n\n");
            foreach (var setting in section)
            {
                text.Append("- `").Append(setting.Key).Append("` — ").Append(setting.Summary).Append(" Takes ").Append(setting.Expected).Append('.');
                if (setting.Default is { } value)
                    text.Append(" Default: `").Append(value).Append("`.");
                if (setting.MayDepend)
                    text.Append(" *Contextual.*");
                text.Append('\n');
            }
        }

        return text.ToString();
    }
}
