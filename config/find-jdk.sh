# Sourced by ./cloison, ./mvnw and .ci/run: finds a JDK 25 or later and exports it as JAVA_HOME.
#
# The machine's default java may be older; it is then left alone and passed over. A JDK 25 is preferred to a later one, and
# what the environment names to what lies in the usual folders.

# Prints the major version of the JDK in folder $1, or nothing if there is none.
cloison_jdk_version() {
    [ -x "$1/bin/java" ] && [ -x "$1/bin/javac" ] && [ -r "$1/release" ] || return 0
    sed -n 's/^JAVA_VERSION="\{0,1\}\([0-9]*\).*/\1/p' "$1/release"
}

# Prints a candidate folder a line.
cloison_jdk_candidates() {
    [ -z "${JAVA_HOME:-}" ] || printf '%s\n' "$JAVA_HOME"
    [ -z "${JAVA_HOME_25_X64:-}" ] || printf '%s\n' "$JAVA_HOME_25_X64"
    if command -v javac > /dev/null 2>&1; then
        cloison_javac=$(readlink -f "$(command -v javac)" 2> /dev/null) || cloison_javac=
        [ -z "$cloison_javac" ] || printf '%s\n' "${cloison_javac%/bin/javac}"
    fi
    # With set -f these patterns stay as they are, so each is expanded by ls.
    for cloison_folder in /usr/lib/jvm /usr/lib64/jvm /usr/java /opt /opt/java /opt/jdk /usr/local /usr/local/java \
        "${HOME:-/root}/.sdkman/candidates/java" "${HOME:-/root}/.jdks" "${HOME:-/root}/.local/share/mise/installs/java" \
        "${HOME:-/root}/.asdf/installs/java" /Library/Java/JavaVirtualMachines; do
        [ -d "$cloison_folder" ] || continue
        ls -1 "$cloison_folder" 2> /dev/null | sort | while IFS= read -r cloison_name; do
            printf '%s\n' "$cloison_folder/$cloison_name" "$cloison_folder/$cloison_name/Contents/Home"
        done
    done
}

# Sets JAVA_HOME, or prints one sentence and fails.
cloison_find_jdk() {
    cloison_later=
    cloison_found=
    while IFS= read -r cloison_home; do
        cloison_version=$(cloison_jdk_version "$cloison_home")
        [ -n "$cloison_version" ] || continue
        if [ "$cloison_version" -eq 25 ]; then
            cloison_found=$cloison_home
            break
        elif [ "$cloison_version" -gt 25 ] && [ -z "$cloison_later" ]; then
            cloison_later=$cloison_home
        fi
    done <<EOF
$(cloison_jdk_candidates)
EOF
    JAVA_HOME=${cloison_found:-$cloison_later}
    if [ -z "$JAVA_HOME" ]; then
        echo "cloison: no JDK 25 was found; install one (for example Eclipse Temurin 25) and set JAVA_HOME to its folder" >&2
        return 1
    fi
    export JAVA_HOME
}
